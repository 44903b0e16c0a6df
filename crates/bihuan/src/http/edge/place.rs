//! Places for connections, and for reports that come in: so many in all, so many of one address.
//!
//! Invariant: each place that is taken is given back when it is dropped, and an address without
//! one is forgotten, so that what is remembered is never more than the connections there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places.
#[derive(Debug)]
pub(in crate::http) struct Places {
    all: Arc<Semaphore>,
    per_address_max: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A place among all.
pub(in crate::http) type Seat = OwnedSemaphorePermit;

/// A place of one address among all; given back when dropped.
#[derive(Debug)]
pub(in crate::http) struct Place {
    places: Arc<Places>,
    /// None for an address that has as many as it likes.
    of: Option<IpAddr>,
    _seat: Seat,
}

impl Places {
    pub(in crate::http) fn new(all_max: usize, per_address_max: usize) -> Arc<Places> {
        let all = Arc::new(Semaphore::new(all_max.min(Semaphore::MAX_PERMITS)));
        Arc::new(Places { all, per_address_max, taken: Mutex::default() })
    }

    /// Waits for a place among all.
    pub(super) async fn seat(&self) -> Seat {
        let seat = Arc::clone(&self.all).acquire_owned().await;
        seat.expect("places are never closed")
    }

    /// A place among all, where one is free.
    pub(in crate::http) fn try_seat(&self) -> Option<Seat> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// Makes it the place of an address; `None` where it has too many already.
    pub(in crate::http) fn take(self: &Arc<Places>, seat: Seat, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut taken = self.taken();
        let count = taken.get(&address).copied().unwrap_or(0);
        if count >= self.per_address_max {
            return None;
        }
        taken.insert(address, count + 1);
        drop(taken);
        Some(Place { places: Arc::clone(self), of: Some(address), _seat: seat })
    }

    /// Makes it the place of a proxy, behind which there are many.
    pub(in crate::http) fn take_for_proxy(self: &Arc<Places>, seat: Seat) -> Place {
        Place { places: Arc::clone(self), of: None, _seat: seat }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.of else { return };
        if let Entry::Occupied(mut it) = self.places.taken().entry(address) {
            *it.get_mut() -= 1;
            if *it.get() == 0 {
                it.remove();
            }
        }
    }
}

/// What counts as one: an IPv4 address, or a network of 64 bits of IPv6, which one line has.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => {
            let high = u128::from(it) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(high))
        }
        it @ IpAddr::V4(_) => it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(places: &Places) -> Seat {
        places.try_seat().expect("there is room")
    }

    #[test]
    fn an_address_has_so_many_and_gets_them_back() {
        let places = Places::new(10, 2);
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|it| it.parse().expect("an address"));
        let first = places.take(seat(&places), here).expect("one");
        let _second = places.take(seat(&places), here).expect("two");
        assert!(places.take(seat(&places), here).is_none(), "three are too many");
        let _other = places.take(seat(&places), there).expect("another has its own");
        let _proxies = [0; 5].map(|_| places.take_for_proxy(seat(&places)));
        drop(first);
        assert!(places.take(seat(&places), here).is_some(), "one was given back");
        assert_eq!(places.taken().len(), 2);
    }

    #[test]
    fn nothing_is_remembered_of_those_who_are_gone() {
        let places = Places::new(10, 2);
        for no in 0..200_u8 {
            drop(places.take(seat(&places), IpAddr::from([192, 0, 2, no])));
        }
        assert!(places.taken().is_empty());
        assert_eq!(places.all.available_permits(), 10, "a refused one gives its place back too");
    }

    #[test]
    fn one_line_of_ipv6_is_one_address() {
        let of = |it: &str| network(it.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
