//! Looking names up, and judging what comes back.
//!
//! It stands inside the HTTP client, so the address that was judged is the
//! address that is dialled, and connections are still pooled. A name that
//! answers differently the next time is judged the next time. One answer that
//! is not permitted refuses all: a name that points both at the internet and
//! at our own network has no good reason to.
//!
//! Those who ask for a name at the same time share one look-up of it. So a
//! name that hangs takes one slot, however many connections want it, and does
//! not keep other names from being looked up.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{
    net::lookup_host,
    sync::{Semaphore, watch},
    time::timeout,
};

use super::{
    address::{Reserved, Verdict, judge_ip},
    journey::Journey,
};

pub(super) const LOOKUP_TIME_MAX: Duration = Duration::from_secs(2);
/// The operating system looks names up in threads, which go on when we have
/// long given up; hostile names may not take them all.
const LOOKUPS_AT_ONCE_MAX: usize = 128;

type Answers = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = dyn Fn(String) -> Answers + Send + Sync;
/// Names that are being looked up, and how far that is.
type UnderWay = HashMap<String, watch::Receiver<Stage>>;

#[derive(Clone)]
pub(super) struct Resolver {
    allowed: Arc<[IpNet]>,
    lookup: Arc<Lookup>,
    time_max: Duration,
    slots: Arc<Semaphore>,
    under_way: Arc<Mutex<UnderWay>>,
}

/// How far it is with a name.
enum Stage {
    /// It waits for a slot.
    Queued,
    Begun,
    Ended(Result<Vec<SocketAddr>, Arc<io::Error>>),
}

/// Why a name has no address for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    #[error("the name resolves to an address that is not public but {0}")]
    Refused(&'static Reserved),
    #[error("the name could not be looked up")]
    Failed(#[source] Arc<io::Error>),
    #[error("the name has no address")]
    Empty,
    #[error("the name servers took too long")]
    TimedOut,
    #[error("too many names were being looked up at once")]
    Crowded,
}

impl Resolver {
    /// The operating system's.
    pub(super) fn system(allowed: &[IpNet]) -> Self {
        let lookup = |name: String| -> Answers {
            Box::pin(async move { Ok(lookup_host((name, 0)).await?.collect()) })
        };
        Self::new(allowed, lookup, LOOKUP_TIME_MAX)
    }

    pub(super) fn new(
        allowed: &[IpNet],
        lookup: impl Fn(String) -> Answers + Send + Sync + 'static,
        time_max: Duration,
    ) -> Self {
        Self {
            allowed: allowed.into(),
            lookup: Arc::new(lookup),
            time_max,
            slots: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE_MAX)),
            under_way: Arc::default(),
        }
    }

    async fn addresses_of(&self, name: String) -> Result<Vec<SocketAddr>, LookupError> {
        Journey::note_asked();
        let mut stage = self.look_up(name);
        let is_begun = |stage: &Stage| !matches!(stage, Stage::Queued);
        if stage.wait_for(is_begun).await.is_err() {
            return Err(LookupError::Crowded);
        }
        let answers = timeout(self.time_max, answers_of(stage))
            .await
            .map_err(|_| LookupError::TimedOut)?
            .map_err(LookupError::Failed)?;
        Journey::note_resolved();
        judge(answers, &self.allowed)
    }

    /// What is being looked up already is not looked up beside it.
    fn look_up(&self, name: String) -> watch::Receiver<Stage> {
        let mut under_way = self.under_way();
        let there = under_way.get(&name);
        if let Some(stage) = there.filter(|stage| stage.has_changed().is_ok()) {
            return stage.clone();
        }
        let (tell, stage) = watch::channel(Stage::Queued);
        under_way.insert(name.clone(), stage.clone());
        drop(under_way);
        tokio::spawn(self.clone().look_up_for_all(name, tell));
        stage
    }

    /// In a task of its own, which keeps its slot as long as the thread lives.
    async fn look_up_for_all(self, name: String, tell: watch::Sender<Stage>) {
        let answers = match timeout(self.time_max, self.slots.acquire()).await {
            Ok(Ok(_slot)) => {
                tell.send_replace(Stage::Begun);
                Some((self.lookup)(name.clone()).await)
            }
            _ => None,
        };
        // Whoever asks from now on is not told what was true before.
        self.under_way().remove(&name);
        if let Some(answers) = answers {
            tell.send_replace(Stage::Ended(answers.map_err(Arc::new)));
        }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answers_of(mut stage: watch::Receiver<Stage>) -> Result<Vec<SocketAddr>, Arc<io::Error>> {
    let is_ended = |stage: &Stage| matches!(stage, Stage::Ended(_));
    match stage.wait_for(is_ended).await.as_deref() {
        Ok(Stage::Ended(answers)) => answers.clone(),
        _ => Err(Arc::new(io::Error::other("the look-up broke off"))),
    }
}

fn judge(answers: Vec<SocketAddr>, allowed: &[IpNet]) -> Result<Vec<SocketAddr>, LookupError> {
    if answers.is_empty() {
        return Err(LookupError::Empty);
    }
    for answer in &answers {
        if let Verdict::Refused(reserved) = judge_ip(answer.ip(), allowed) {
            return Err(LookupError::Refused(reserved));
        }
    }
    Ok(answers)
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses_of(name.as_str().to_owned()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

    use super::*;

    fn answers(ips: &[&str]) -> Vec<SocketAddr> {
        ips.iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
            .collect()
    }

    fn verdict(ips: &[&str]) -> String {
        let allowed = ["127.0.0.0/8".parse().unwrap()];
        match judge(answers(ips), &allowed) {
            Ok(addresses) => format!("{} addresses", addresses.len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn one_bad_answer_refuses_all() {
        assert_eq!(verdict(&["8.8.8.8", "2606:4700::1111"]), "2 addresses");
        assert_eq!(verdict(&["8.8.8.8", "127.0.0.1"]), "2 addresses");
        let refused = "the name resolves to an address that is not public but private (10.0.0.0/8)";
        assert_eq!(verdict(&["8.8.8.8", "10.0.0.1"]), refused);
        assert_eq!(verdict(&["10.0.0.1", "8.8.8.8"]), refused);
        assert_eq!(verdict(&[]), "the name has no address");
    }

    #[tokio::test]
    async fn a_lookup_that_hangs_is_given_up_and_keeps_its_slot() {
        let hangs = |_| -> Answers { Box::pin(std::future::pending()) };
        let resolver = Resolver::new(&[], hangs, Duration::from_millis(10));
        let given_up = resolver.addresses_of("slow.example".to_owned()).await;
        assert!(matches!(given_up, Err(LookupError::TimedOut)));
        assert_eq!(resolver.slots.available_permits(), LOOKUPS_AT_ONCE_MAX - 1);
    }

    #[tokio::test]
    async fn however_often_a_name_that_hangs_is_asked_for_it_keeps_one_slot() {
        let hangs = |_| -> Answers { Box::pin(std::future::pending()) };
        let resolver = Resolver::new(&[], hangs, Duration::from_millis(10));
        let ask = || resolver.addresses_of("slow.example".to_owned());
        let (one, other) = tokio::join!(ask(), ask());
        for given_up in [one, other, ask().await] {
            assert!(matches!(given_up, Err(LookupError::TimedOut)));
        }
        assert_eq!(resolver.slots.available_permits(), LOOKUPS_AT_ONCE_MAX - 1);
    }

    /// Each look-up has another answer.
    fn counting() -> Resolver {
        let count = AtomicU8::new(0);
        let lookup = move |_| -> Answers {
            let last = count.fetch_add(1, Relaxed);
            Box::pin(async move { Ok(vec![SocketAddr::from(([8, 8, 8, last], 0))]) })
        };
        Resolver::new(&[], lookup, Duration::from_millis(10))
    }

    async fn answer(resolver: &Resolver, name: &str) -> String {
        match resolver.addresses_of(name.to_owned()).await {
            Ok(addresses) => addresses[0].ip().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn who_asks_at_the_same_time_is_answered_the_same_and_who_asks_later_is_not() {
        let resolver = counting();
        let ask = |name| answer(&resolver, name);
        let at_once = tokio::join!(ask("a.example"), ask("a.example"), ask("b.example"));
        let (one, same, other) = at_once;
        assert_eq!([one, same, other], ["8.8.8.0", "8.8.8.0", "8.8.8.1"]);
        assert_eq!(ask("a.example").await, "8.8.8.2");
    }

    #[tokio::test]
    async fn a_name_whose_turn_does_not_come_is_not_said_to_hang() {
        let resolver = counting();
        let all = u32::try_from(LOOKUPS_AT_ONCE_MAX).unwrap();
        let taken = resolver.slots.acquire_many(all).await.unwrap();
        let crowded = "too many names were being looked up at once";
        assert_eq!(answer(&resolver, "a.example").await, crowded);
        drop(taken);
        assert_eq!(answer(&resolver, "a.example").await, "8.8.8.0");
    }
}
