use super::*;

const KEY: &[u8] = b"key";

fn hash() -> KeyHash {
    KeyHash::of(KEY)
}

fn keep(hot: &HotRows, key: &[u8], row: &[u8], edition: u64) {
    let hash = hash();
    hot.keep(&Candidate { hash, edition }, key, row);
}

fn found(hot: &HotRows, key: &[u8], edition: Option<u64>) -> Option<Vec<u8>> {
    match hot.find(key, hash(), edition) {
        Lookup::Here(row) => Some(row.row().to_vec()),
        Lookup::Wanted(_) | Lookup::Elsewhere => None,
    }
}

#[test]
fn a_copy_is_of_one_edition() {
    let hot = HotRows::new(1 << 20).unwrap();
    keep(&hot, KEY, b"row", 4);
    assert_eq!(found(&hot, KEY, Some(4)).unwrap(), b"row");
    assert_eq!(found(&hot, KEY, Some(2)), None);
    assert_eq!(found(&hot, KEY, Some(6)), None);
    assert_eq!(found(&hot, KEY, None), None, "it may be changing");
    keep(&hot, KEY, b"later", 6);
    assert_eq!(found(&hot, KEY, Some(6)).unwrap(), b"later");
}

#[test]
fn keys_of_one_hash_are_not_taken_for_each_other() {
    let hot = HotRows::new(1 << 20).unwrap();
    keep(&hot, KEY, b"row", 2);
    for other in [&b"ke"[..], b"keyr", b"other", b"", b"keyrow and more"] {
        assert_eq!(found(&hot, other, Some(2)), None);
    }
    keep(&hot, b"other", b"its row", 2);
    assert_eq!(found(&hot, b"other", Some(2)).unwrap(), b"its row");
    assert_eq!(found(&hot, KEY, Some(2)), None, "there is room for one");
}

#[test]
fn long_values_are_shared_and_short_ones_copied() {
    let hot = HotRows::new(16 << 20).unwrap();
    for length in [0, 1, SHARED - 1, SHARED, 5000] {
        let row: Vec<u8> = (0..10 + length).map(|byte| byte as u8).collect();
        keep(&hot, KEY, &row, 2);
        let Lookup::Here(here) = hot.find(KEY, hash(), Some(2)) else {
            panic!("it was kept");
        };
        assert_eq!(here.from(10), row[10..]);
    }
}
