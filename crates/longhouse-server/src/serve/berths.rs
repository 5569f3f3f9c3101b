//! Room for connections: how many may be open together and from one place, with some kept for admins.
//!
//! ```text
//!   open:  0 ─────────────── ordinary ─────────────── limit ── reserved ── limit + RESERVE ── full
//!                                                        └ only an admin is answered here
//! ```
//!
//! It counts. What those who got no room are told stands in [`super::turned_away`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::address::Neighbourhood;

/// How many connections beyond the limit are let in to see whether an admin sends them.
pub(crate) const RESERVE: usize = 32;

/// How many of those one place may have.
const RESERVE_PER_PLACE: usize = 4;

/// How a connection was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There was room.
    Ordinary,
    /// The room was gone: only an admin is answered.
    Reserved,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// This place has as many connections as one may have.
    FromThere,
    /// Nor would there be for anybody else.
    Everywhere,
}

/// The room of one listener.
#[derive(Debug)]
pub(crate) struct Berths {
    limit: usize,
    per_place: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    ordinary: usize,
    reserved: usize,
    /// Ordinary and reserved ones of each place that has any.
    places: HashMap<Neighbourhood, (usize, usize)>,
}

/// A connection's room. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Berth {
    berths: Arc<Berths>,
    place: Neighbourhood,
    standing: Standing,
}

impl Berths {
    /// Room for `limit` connections, and for `per_place` of one place.
    pub(crate) fn new(limit: usize, per_place: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            per_place,
            taken: Mutex::default(),
        })
    }

    /// Room for a connection from there. A place that stands for many clients (a proxy, this machine) is not limited by itself.
    pub(crate) fn take(
        self: &Arc<Self>,
        from: IpAddr,
        stands_for_many: bool,
    ) -> Result<Berth, Full> {
        let place = Neighbourhood::from(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (ordinary, reserved) = taken.places.get(&place).copied().unwrap_or_default();
        if ordinary >= self.per_place && !stands_for_many {
            return Err(Full::FromThere);
        }
        let standing = if taken.ordinary < self.limit {
            Standing::Ordinary
        } else if taken.reserved < RESERVE && reserved < RESERVE_PER_PLACE {
            Standing::Reserved
        } else {
            return Err(Full::Everywhere);
        };
        taken.change(place, standing, |count| count + 1);
        Ok(Berth {
            berths: Arc::clone(self),
            place,
            standing,
        })
    }
}

impl Taken {
    fn change(&mut self, place: Neighbourhood, standing: Standing, by: fn(usize) -> usize) {
        let of_place = self.places.entry(place).or_default();
        let (all, here) = match standing {
            Standing::Ordinary => (&mut self.ordinary, &mut of_place.0),
            Standing::Reserved => (&mut self.reserved, &mut of_place.1),
        };
        *all = by(*all);
        *here = by(*here);
        if *of_place == (0, 0) {
            self.places.remove(&place);
        }
    }
}

impl Berth {
    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let mut taken = self
            .berths
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.change(self.place, self.standing, |count| count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn beyond_the_limit_some_are_let_in_to_show_who_they_are() {
        let berths = Berths::new(2, 100);
        let mut held = Vec::new();
        for last in 0..2 {
            held.push(berths.take(address(last), false).unwrap());
        }
        assert!(
            held.iter()
                .all(|berth| berth.standing() == Standing::Ordinary)
        );
        for last in 0..RESERVE {
            let berth = berths.take(
                address(u8::try_from(last / RESERVE_PER_PLACE).unwrap()),
                false,
            );
            held.push(berth.unwrap());
        }
        assert_eq!(held[2].standing(), Standing::Reserved);
        assert_eq!(
            berths.take(address(99), false).unwrap_err(),
            Full::Everywhere
        );
        held.remove(0);
        assert_eq!(
            berths.take(address(99), false).unwrap().standing(),
            Standing::Ordinary
        );
    }

    #[test]
    fn one_place_can_take_neither_all_the_room_nor_all_of_the_reserve() {
        let berths = Berths::new(10, 3);
        let held: Vec<_> = (0..3)
            .map(|_| berths.take(address(1), false).unwrap())
            .collect();
        assert_eq!(berths.take(address(1), false).unwrap_err(), Full::FromThere);
        assert!(berths.take(address(2), false).is_ok());
        assert!(
            berths.take(address(1), true).is_ok(),
            "a proxy stands for many"
        );
        drop(held);
        assert!(berths.take(address(1), false).is_ok());

        let berths = Berths::new(0, 100);
        let held: Vec<_> = (0..RESERVE_PER_PLACE)
            .map(|_| berths.take(address(1), false).unwrap())
            .collect();
        assert_eq!(
            berths.take(address(1), false).unwrap_err(),
            Full::Everywhere
        );
        assert!(berths.take(address(2), false).is_ok());
        drop(held);
    }

    #[test]
    fn places_that_have_left_are_forgotten() {
        let berths = Berths::new(10_000, 10);
        for last in 0..=255 {
            drop(berths.take(address(last), false).unwrap());
        }
        assert!(berths.taken.lock().unwrap().places.is_empty());
    }
}
