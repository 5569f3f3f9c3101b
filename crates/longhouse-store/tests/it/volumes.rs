//! Volumes that belong to nobody, and since when.

use crate::harness::{at, on_both_back_ends};

on_both_back_ends! {
    async fn a_volume_is_known_since_it_was_first_seen_and_forgotten_when_it_is_gone(bed: &Bed) {
        let store = bed.open().await;
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let first = store.keep_volumes_in_mind(&named(&["a", "b"]), at(1)).await.unwrap();
        assert_eq!(first.into_values().collect::<Vec<_>>(), [at(1), at(1)]);
        let later = store.keep_volumes_in_mind(&named(&["b", "c"]), at(2)).await.unwrap();
        let later: Vec<_> = later.into_iter().collect();
        assert_eq!(later, [("b".to_owned(), at(1)), ("c".to_owned(), at(2))]);
        assert!(store.keep_volumes_in_mind(&[], at(3)).await.unwrap().is_empty());
        // One that was removed by hand, and is there again, begins anew.
        let again = store.keep_volumes_in_mind(&named(&["b"]), at(4)).await.unwrap();
        assert_eq!(again.into_values().collect::<Vec<_>>(), [at(4)]);
    }
}
