//! Values of a type, through a codec.

use tiered_cache::codec::Text;
use tiered_cache::{Error, SetOptions};

use crate::common::stage;

#[tokio::test]
async fn values_go_through_the_codec_both_ways() {
    let stage = stage().await;
    let names = stage.cache.typed::<String, _>(Text);
    names.set("k", &"Grüße".to_owned()).await.unwrap();
    assert_eq!(names.get("k").await.unwrap().unwrap(), "Grüße");
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), "Grüße".as_bytes());
    let loaded = names
        .get_or_insert_with("l", SetOptions::new(), || async {
            Ok::<_, std::io::Error>("loaded".to_owned())
        })
        .await
        .unwrap();
    assert_eq!(loaded, "loaded");
    let many = names.get_many(&["k", "nowhere"]).await.unwrap();
    assert_eq!(many, [Some("Grüße".to_owned()), None]);

    stage.cache.set("bad", b"\xff").await.unwrap();
    let error = names.get("bad").await.unwrap_err();
    assert!(matches!(error, Error::Codec(_)), "{error}");
    assert_eq!(
        names.untyped().get("bad").await.unwrap().unwrap(),
        &b"\xff"[..]
    );
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json_is_what_other_programs_read() {
    let stage = stage().await;
    let numbers = stage.cache.typed::<Vec<u32>, _>(tiered_cache::codec::Json);
    numbers.set("k", &vec![1, 2]).await.unwrap();
    stage.flush().await;
    assert_eq!(stage.at_remote("k").unwrap(), b"[1,2]");
}
