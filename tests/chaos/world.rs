//! A round's world: one database, one process at a time, who tells it and who hears of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ringback::simulate::StandIn;
use tokio::{sync::oneshot, task::JoinSet};

use super::{
    books, in_time,
    orders::{self, Orders},
    outage::Outage,
    plan::{Death, Plan},
    talk::Talk,
};
use crate::{
    delivery::subscribe,
    support::{Home, Receiver, Server},
};

/// Where a place is not come by so often, a kill ends the wait for it.
const ANSWERED_AT_MOST: usize = 400;
const ANSWERED_IN_AN_OUTAGE: usize = 40;

pub struct World {
    pub plan: Plan,
    pub home: Home,
    pub receiver: Receiver,
    pub vapi: StandIn,
    pub talk: Arc<Talk>,
    pub orders: Arc<Orders>,
    /// Nothing in it, where the last one died before it was up.
    pub life: Option<Life>,
    talkers: JoinSet<()>,
    /// How long each new process took until it answered an event.
    pub resumed: Vec<Duration>,
    /// The places at which one died.
    pub reached: Vec<&'static str>,
}

/// A process, and word of its end.
pub struct Life {
    pub server: Server,
    pub death: oneshot::Receiver<()>,
}

impl World {
    pub async fn open(plan: &Plan) -> Self {
        Self::of(plan, home().await).await
    }

    pub async fn of(plan: &Plan, home: Home) -> Self {
        let (receiver, vapi) = (Receiver::start().await, orders::stand_in());
        let home = home.with("VAPI_BASE_URL", &vapi.url());
        let life = Life::of(home.serve());
        subscribe(&life.server, &receiver.url()).await;
        let talk = Arc::new(Talk::new());
        talk.open(life.server.speaker());
        let mut world = Self {
            plan: plan.clone(),
            home,
            receiver,
            vapi,
            talk,
            orders: Arc::default(),
            life: Some(life),
            talkers: JoinSet::new(),
            resumed: Vec::new(),
            reached: Vec::new(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        for talker in 0..self.plan.talkers {
            let talk = self.talk.clone();
            self.talkers.spawn(async move { talk.tell(talker).await });
        }
        if self.plan.has_orders {
            let (talk, orders) = (self.talk.clone(), self.orders.clone());
            self.talkers.spawn(async move { orders.order(&talk).await });
        }
    }

    /// The process that runs, or a new one, until it has died in this way.
    pub async fn live_until(&mut self, death: &Death) {
        match death {
            Death::Killed { answered } => {
                self.rise(&[]).await;
                self.die_at(self.talk.count() + answered).await;
            }
            Death::At { point, nth } => {
                let before = self.failpoints_reached();
                let place = format!("{point}:{nth}");
                self.rise(&[("RINGBACK_FAILPOINT", &place)]).await;
                if death.is_in_an_outage() {
                    self.suffer_an_outage(point).await;
                }
                self.die_at(self.talk.count() + ANSWERED_AT_MOST).await;
                if self.failpoints_reached() > before {
                    self.reached.push(point);
                }
            }
        }
        if !self.plan.is_unhurried {
            books::bury_the_dead(self.home.database_url()).await;
        }
    }

    /// The last process, which lives.
    pub async fn live_on(&mut self) {
        self.rise(&[]).await;
        let more = self.talk.count() + self.plan.talkers;
        self.talk.reaches(more).await;
        self.talk.close();
        while let Some(told) = in_time(self.talkers.join_next()).await {
            told.unwrap();
        }
    }

    /// A process is there, unless it dies before it is up.
    async fn rise(&mut self, settings: &[(&str, &str)]) {
        if self.life.is_some() {
            return;
        }
        let (began, before) = (Instant::now(), self.talk.count());
        let Some(server) = self.home.serve_at_its_peril(settings) else {
            return;
        };
        self.talk.open(server.speaker());
        let life = self.life.insert(Life::of(server));
        tokio::select! {
            () = self.talk.reaches(before + 1) => self.resumed.push(began.elapsed()),
            _ = &mut life.death => {}
        }
    }

    /// Killed as soon as so many events were answered, if it has not died before.
    async fn die_at(&mut self, count: usize) {
        if self.lives_until(count).await
            && let Some(life) = &mut self.life
        {
            life.server.signal("KILL");
            let _ = (&mut life.death).await;
        }
        self.life = None;
    }

    /// Whether it still lives when so many events were answered.
    async fn lives_until(&mut self, count: usize) -> bool {
        let Some(life) = &mut self.life else {
            return false;
        };
        if life.death.is_terminated() {
            return false;
        }
        tokio::select! {
            _ = &mut life.death => false,
            () = self.talk.reaches(count) => true,
        }
    }

    /// The database is away until so many events were answered without it, or until the process
    /// has died of it.
    async fn suffer_an_outage(&mut self, point: &str) {
        let outage = Outage::begin(self.home.database_url()).await;
        let more = match point.starts_with("spool.") {
            true => ANSWERED_AT_MOST,
            false => ANSWERED_IN_AN_OUTAGE,
        };
        self.lives_until(self.talk.count() + more).await;
        outage.end().await;
    }

    fn failpoints_reached(&self) -> usize {
        self.home.log().matches("the failpoint is reached").count()
    }
}

impl Life {
    fn of(mut server: Server) -> Self {
        Self {
            death: server.death(),
            server,
        }
    }
}

/// Where a process is believed dead as soon as can be set.
pub async fn home() -> Home {
    let home = Home::configured().await;
    home.with("RINGBACK_DELIVERY_TIMEOUT", "5s")
        .with("RINGBACK_INSTANCE_TTL", "15s")
        .with("RINGBACK_REPORT_GRACE", "1s")
        .with("VAPI_API_KEY", "any")
        .with("VAPI_PHONE_NUMBER_ID", "any")
}
