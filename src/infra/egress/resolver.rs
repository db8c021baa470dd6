//! Looking names up, and judging what comes back.
//!
//! It stands inside the HTTP client, so the address that was judged is the
//! address that is dialled, and connections are still pooled. A name that
//! answers differently the next time is judged the next time. One answer that
//! is not permitted refuses all: a name that points both at the internet and
//! at our own network has no good reason to.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::lookup_host, sync::Semaphore, time::timeout};

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

#[derive(Clone)]
pub(super) struct Resolver {
    allowed: Arc<[IpNet]>,
    lookup: Arc<Lookup>,
    time_max: Duration,
    slots: Arc<Semaphore>,
}

/// Why a name has no address for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    #[error("the name resolves to an address that is not public but {0}")]
    Refused(&'static Reserved),
    #[error("the name could not be looked up")]
    Failed(#[source] io::Error),
    #[error("the name has no address")]
    Empty,
    #[error("the name servers took too long")]
    TimedOut,
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
        }
    }

    async fn addresses_of(&self, name: String) -> Result<Vec<SocketAddr>, LookupError> {
        Journey::note_asked();
        let answers = timeout(self.time_max, self.look_up(name))
            .await
            .map_err(|_| LookupError::TimedOut)?
            .map_err(LookupError::Failed)?;
        Journey::note_resolved();
        judge(answers, &self.allowed)
    }

    /// In a task of its own, which keeps its slot as long as the thread lives.
    async fn look_up(&self, name: String) -> io::Result<Vec<SocketAddr>> {
        let slot = self.slots.clone().acquire_owned().await;
        let answers = (self.lookup)(name);
        let looking = tokio::spawn(async move {
            let answers = answers.await;
            drop(slot);
            answers
        });
        looking.await.map_err(io::Error::other)?
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
}
