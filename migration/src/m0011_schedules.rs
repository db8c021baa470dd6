//! Calls that are placed again and again, and what became of each run.
//!
//! A schedule's `next_run_at` is its timer: whoever finds it due takes the row, writes the run and
//! its call, and moves it on, in one transaction, so a run is placed once. It is null where nothing
//! is to come: paused, ended, or run as often as it was to run.
//!
//! Runs have no foreign key. A schedule that is deleted goes at once, and its runs with time.

use crate::change::Change;
use crate::sql::{both, postgres};

pub fn change() -> Change {
    Change {
        name: "m0011_schedules",
        up: vec![
            both(
                "CREATE TABLE schedules (
                    id {uuid} PRIMARY KEY,
                    owner TEXT NOT NULL,
                    cron TEXT NOT NULL,
                    timezone TEXT NOT NULL,
                    starts_at {bigint},
                    ends_at {bigint},
                    max_runs INT CHECK (max_runs > 0),
                    -- How many calls it has placed.
                    runs INT NOT NULL DEFAULT 0,
                    -- A run that is later than this is missed.
                    grace_seconds INT NOT NULL DEFAULT 300 CHECK (grace_seconds > 0),
                    is_active {bool} NOT NULL DEFAULT true,
                    -- Sealed: what is asked for at each run, as JSON.
                    call_template {bytes} NOT NULL,
                    next_run_at {bigint},
                    created_at {bigint} NOT NULL,
                    updated_at {bigint} NOT NULL,
                    CONSTRAINT only_an_active_one_runs CHECK (
                        next_run_at IS NULL OR is_active)
                ) {table}",
            ),
            both("CREATE INDEX schedules_by_owner ON schedules (owner, id)"),
            both(
                "CREATE INDEX schedules_due ON schedules (next_run_at)
                 WHERE next_run_at IS NOT NULL",
            ),
            both(
                "CREATE TABLE schedule_runs (
                    id {uuid} PRIMARY KEY,
                    schedule_id {uuid} NOT NULL,
                    due_at {bigint} NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('placed', 'missed', 'failed')),
                    call_id {uuid},
                    reason TEXT,
                    created_at {bigint} NOT NULL,
                    CONSTRAINT each_run_once UNIQUE (schedule_id, due_at),
                    CONSTRAINT a_call_exactly_when_placed CHECK (
                        (call_id IS NOT NULL) = (state = 'placed'))
                ) {table}",
            ),
            both("CREATE INDEX schedule_runs_by_schedule ON schedule_runs (schedule_id, id)"),
            // For retention.
            both("CREATE INDEX schedule_runs_by_age ON schedule_runs (created_at)"),
            postgres("ALTER TABLE schedules ENABLE ROW LEVEL SECURITY"),
            postgres("ALTER TABLE schedule_runs ENABLE ROW LEVEL SECURITY"),
            postgres(
                "CREATE POLICY of_the_owner ON schedules FOR SELECT
                 USING (owner = nullif(current_setting('ringback.owner', true), ''))",
            ),
        ],
        down: vec![
            both("DROP TABLE schedule_runs"),
            both("DROP TABLE schedules"),
        ],
    }
}
