//! How often a password may be shown in vain: for an account from one place, for an account from everywhere, from one place.
//!
//! The second is what stops many machines that guess at one account. It would also let anybody lock that account out, so a place
//! from which its owner has logged in before is not held to it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::RateLimiter;
use crate::address::Neighbourhood;

/// How many times as often a whole account, or a whole place, may fail.
const WIDER: u32 = 10;

/// How many pairs of account and place are remembered as known.
const MOST_KNOWN: usize = 10_000;

/// Failures by account and place.
pub(crate) struct LoginLimits {
    accounts_here: RateLimiter<(String, Neighbourhood)>,
    accounts: RateLimiter<String>,
    places: RateLimiter<Neighbourhood>,
    known: Mutex<VecDeque<(String, Neighbourhood)>>,
}

impl LoginLimits {
    pub(crate) fn new(per_minute: u32) -> Self {
        let interval = Duration::from_secs(60) / per_minute.max(1);
        let wide = per_minute.saturating_mul(WIDER);
        Self {
            accounts_here: RateLimiter::new(interval, per_minute),
            accounts: RateLimiter::new(interval / WIDER, wide),
            places: RateLimiter::new(interval / WIDER, wide),
            known: Mutex::default(),
        }
    }

    /// Counts a try; the error says how long to wait.
    pub(crate) fn begin(&self, account: &str, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let place = Neighbourhood::from(from);
        self.places.check(place, now)?;
        self.accounts_here.check((account.to_owned(), place), now)?;
        if self.knows(account, place) {
            return Ok(());
        }
        self.accounts.check(account.to_owned(), now)
    }

    /// Takes the try back: it was the owner.
    pub(crate) fn succeeded(&self, account: &str, from: IpAddr) {
        let place = Neighbourhood::from(from);
        self.places.refund(&place);
        self.accounts_here.refund(&(account.to_owned(), place));
        if self.knows(account, place) {
            return;
        }
        self.accounts.refund(&account.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.pop_front();
        }
        known.push_back((account.to_owned(), place));
    }

    fn knows(&self, account: &str, place: Neighbourhood) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .iter()
            .any(|(name, there)| name == account && *there == place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn many_machines_cannot_guess_at_one_account_nor_lock_its_owner_out() {
        let (limits, now) = (LoginLimits::new(2), Instant::now());
        limits.begin("ann", address(200), now).unwrap();
        limits.succeeded("ann", address(200));
        let guesses = (0..100).filter(|last| limits.begin("ann", address(*last), now).is_ok());
        assert_eq!(guesses.count(), 20);
        assert!(
            limits.begin("ann", address(200), now).is_ok(),
            "a place she is known at"
        );
        assert!(
            limits.begin("bob", address(201), now).is_ok(),
            "another account"
        );
    }

    #[test]
    fn one_machine_cannot_guess_at_many_accounts() {
        let (limits, now) = (LoginLimits::new(2), Instant::now());
        let guesses =
            (0..100).filter(|n| limits.begin(&format!("user{n}"), address(1), now).is_ok());
        assert_eq!(guesses.count(), 20);
        let here = (0..10).filter(|_| limits.begin("ann", address(2), now).is_ok());
        assert_eq!(here.count(), 2);
    }

    #[test]
    fn a_whole_ipv6_network_is_one_place() {
        let (limits, now) = (LoginLimits::new(1), Instant::now());
        let at = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        assert!(limits.begin("ann", at(1), now).is_ok());
        assert!(limits.begin("ann", at(2), now).is_err());
    }
}
