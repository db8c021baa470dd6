//! Calls that Vapi never made: whether what plays them plays them right.

mod player;
mod receiver;
mod scripts;
