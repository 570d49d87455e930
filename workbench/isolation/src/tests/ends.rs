//! Histories of ends alone, as tests by hand often have them, and lists with an element from
//! nowhere.

use super::*;

fn judged(model: &str, text: &str) -> (Validity, String) {
    let models: model::Models = model.parse().unwrap();
    let history = History::read(text).unwrap();
    let checked = check_list_append(&history, &options(&models, Rules::Sound));
    let types = checked.results.get("anomaly-types").cloned();
    (checked.valid, types.unwrap_or_default().to_string())
}

/// What one client did is in the order in which it ended; of others there is no telling.
#[test]
fn ends_alone_have_the_order_of_their_clients() {
    let of = |reader: u64| {
        format!(
            "{{:process 0, :type :ok, :value [[:append :x 4]]}}
             {{:process 0, :type :ok, :value [[:append :x 5]]}}
             {{:process {reader}, :type :ok, :value [[:r :x [4]]]}}
             {{:process 2, :type :ok, :value [[:r :x [4 5]]]}}"
        )
    };
    let wrong = (Validity::Invalid, "(:G-single-item-realtime)".to_owned());
    assert_eq!(judged("strict-serializable", &of(0)), wrong);
    let right = (Validity::Valid, "nil".to_owned());
    assert_eq!(judged("strict-serializable", &of(1)), right);
    assert_eq!(judged("serializable", &of(0)), right);
    // Nobody says who did it.
    let nobody = of(0)
        .replace(":process 0, ", "")
        .replace(":process 2, ", "");
    assert_eq!(judged("strict-serializable", &nobody), right);
    assert_eq!(judged("strong-session-serializable", &nobody), right);
}

#[test]
fn beside_an_element_that_nobody_appended_the_rest_is_judged() {
    assert_eq!(
        judged(
            "read-committed",
            "{:process 0, :type :fail, :value [[:append :x 1]]}
             {:process 1, :type :ok, :value [[:r :x [1]] [:append :x 2]]}
             {:process 2, :type :ok, :value [[:r :x [1 2 8]]]}"
        ),
        (
            Validity::Invalid,
            "(:G1a :dirty-update :empty-transaction-graph :garbage-read)".to_owned()
        )
    );
}
