use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use specimens::scripted::{self, body, kind, reply, reply_with};

/// Three nodes, ten milliseconds apart; twenty operations a second for ten seconds.
fn three_nodes() -> Config {
    Config {
        rate: 20.0,
        time_limit: Duration::from_secs(10),
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(10),
                distribution: Distribution::Exponential,
            },
            ..network::Config::default()
        },
        ..Config::for_nodes(3).seed(1)
    }
}

/// The same with six clients, and two hundred operations a second.
fn busy() -> Config {
    Config {
        rate: 200.0,
        concurrency: 6,
        ..three_nodes()
    }
}

/// The first sentence said of nodes that answer like this. They are told their number, a
/// line, its type and its body.
#[track_caller]
fn first(
    workload: &str,
    config: &Config,
    mut answer: impl FnMut(usize, &str, &str, Json) -> Vec<String>,
) -> String {
    let (_, checked) = scripted::run(workload, config, |node, line| match kind(line).as_str() {
        "init" | "topology" => vec![reply(node, line)],
        kind => answer(node, line, kind, body(line)),
    });
    assert_eq!(checked.valid, simulation::verdict::Validity::Invalid);
    checked.sentences().remove(0)
}

fn to(src: usize, dest: usize, body: &Json) -> String {
    json!({"src": format!("n{src}"), "dest": format!("n{dest}"), "body": body}).to_string()
}

fn to_others(node: usize, body: &Json) -> Vec<String> {
    (0..3)
        .filter(|other| *other != node)
        .map(|other| to(node, other, body))
        .collect()
}

#[track_caller]
fn assert_says(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            sentence.contains(part),
            "{sentence}\nsays nothing of {part:?}"
        );
    }
}

/// A broadcast node that hands on what a client tells it, in messages of type `rumour`.
fn gossip(config: &Config) -> String {
    let mut seen = vec![Vec::new(); 3];
    first("broadcast", config, |node, line, kind, body| match kind {
        "broadcast" => {
            seen[node].push(body["message"].clone());
            let rumour = json!({"type": "rumour", "message": body["message"]});
            [vec![reply(node, line)], to_others(node, &rumour)].concat()
        }
        "rumour" => {
            seen[node].push(body["message"].clone());
            vec![]
        }
        _ => vec![reply_with(node, line, json!({"messages": seen[node]}))],
    })
}

#[test]
fn a_partition_swallowed_it() {
    let config = Config {
        partitions: Some(Duration::from_secs(1)),
        ..three_nodes()
    };
    let said = gossip(&config);
    assert_says(
        &said,
        &[
            "elements are lost for one reason: ",
            "the one message",
            "lost in the partition from ",
            "was not sent again",
        ],
    );
}

#[test]
fn chance_swallowed_it() {
    let mut config = three_nodes();
    config.network.loss = 0.2;
    let said = gossip(&config);
    assert_says(
        &said,
        &[
            "elements are lost for one reason: ",
            "never got",
            "was lost (at ",
            "was not sent again",
        ],
    );
}

#[test]
fn it_goes_one_way_only() {
    let mut seen = vec![Vec::new(); 3];
    let said = first(
        "broadcast",
        &three_nodes(),
        |node, line, kind, body| match kind {
            "broadcast" => {
                seen[node].push(body["message"].clone());
                let rumour = json!({"type": "rumour", "message": body["message"]});
                vec![reply(node, line), to(node, (node + 1) % 3, &rumour)]
            }
            "rumour" => {
                seen[node].push(body["message"].clone());
                vec![]
            }
            _ => vec![reply_with(node, line, json!({"messages": seen[node]}))],
        },
    );
    assert_says(
        &said,
        &[
            "never got",
            "no message with it was ever sent there, but one to n",
        ],
    );
}

#[test]
fn nobody_tells_anybody() {
    let mut seen = vec![Vec::new(); 3];
    let said = first(
        "broadcast",
        &three_nodes(),
        |node, line, kind, body| match kind {
            "broadcast" => {
                seen[node].push(body["message"].clone());
                vec![reply(node, line)]
            }
            _ => vec![reply_with(node, line, json!({"messages": seen[node]}))],
        },
    );
    assert_says(&said, &["the nodes sent nothing to each other"]);
}

#[test]
fn a_set_is_taken_in_place_of_another() {
    let mut sets = vec![Vec::<Json>::new(); 3];
    let said = first("g-set", &busy(), |node, line, kind, body| match kind {
        "add" => {
            sets[node].push(body["element"].clone());
            let all = json!({"type": "all", "set": sets[node]});
            [vec![reply(node, line)], to_others(node, &all)].concat()
        }
        "all" => {
            sets[node] = body["set"].as_array().unwrap().clone();
            vec![]
        }
        _ => vec![reply_with(node, line, json!({"value": sets[node]}))],
    });
    assert_says(
        &said,
        &[
            "elements are lost for one reason: ",
            "it got a message from n",
            "to have taken that in place of what it had",
        ],
    );
}

#[test]
fn a_kind_of_request_is_never_answered() {
    let said = first("g-set", &three_nodes(), |node, line, kind, _| match kind {
        "add" => vec![],
        _ => vec![reply_with(node, line, json!({"value": []}))],
    });
    assert_says(
        &said,
        &["never answered an add: ", "no reply to any was sent"],
    );
}

#[test]
fn ids_do_not_say_whose_they_are() {
    let mut next = [0; 3];
    let said = first("unique-ids", &three_nodes(), |node, line, _, _| {
        next[node] += 1;
        vec![reply_with(node, line, json!({"id": next[node]}))]
    });
    assert_says(
        &said,
        &[
            "different nodes give the same one",
            "nothing in it says which node made it",
        ],
    );
}

#[test]
fn an_id_comes_twice_from_one_node() {
    let mut given = 0;
    let said = first("unique-ids", &three_nodes(), |node, line, _, _| {
        given += 1;
        vec![reply_with(
            node,
            line,
            json!({"id": format!("{node}-{}", given % 50)}),
        )]
    });
    assert_says(
        &said,
        &["itself gave ", "twice, without a death in between"],
    );
}

#[test]
fn a_delta_was_lost() {
    let mut config = three_nodes();
    config.network.loss = 0.2;
    let mut totals = [0; 3];
    let said = first("g-counter", &config, |node, line, kind, body| match kind {
        "add" => {
            totals[node] += body["delta"].as_i64().unwrap();
            let delta = json!({"type": "delta", "delta": body["delta"]});
            [vec![reply(node, line)], to_others(node, &delta)].concat()
        }
        "delta" => {
            totals[node] += body["delta"].as_i64().unwrap();
            vec![]
        }
        _ => vec![reply_with(node, line, json!({"value": totals[node]}))],
    });
    assert_says(
        &said,
        &["tells the others of an add once", "which was lost"],
    );
}

#[test]
fn a_total_says_not_of_what_it_is() {
    let mut totals = [0_i64; 3];
    let said = first("g-counter", &busy(), |node, line, kind, body| match kind {
        "add" => {
            totals[node] += body["delta"].as_i64().unwrap();
            let total = json!({"type": "total", "total": totals[node]});
            [vec![reply(node, line)], to_others(node, &total)].concat()
        }
        "total" => {
            totals[node] = totals[node].max(body["total"].as_i64().unwrap());
            vec![]
        }
        _ => vec![reply_with(node, line, json!({"value": totals[node]}))],
    });
    assert_says(
        &said,
        &[
            "all that nodes tell each other is one number",
            "\"total\": ",
        ],
    );
}

#[test]
fn each_node_counts_its_own_offsets() {
    let mut logs: [BTreeMap<String, Vec<Json>>; 3] = Default::default();
    let said = first("kafka", &busy(), |node, line, kind, body| {
        let key = body["key"].as_str().unwrap_or_default().to_owned();
        match kind {
            "send" | "copy" => {
                let log = logs[node].entry(key.clone()).or_default();
                log.push(body["msg"].clone());
                let offset = log.len() - 1;
                let copy = json!({"type": "copy", "key": key, "msg": body["msg"]});
                match kind {
                    "send" => [
                        vec![reply_with(node, line, json!({"offset": offset}))],
                        to_others(node, &copy),
                    ]
                    .concat(),
                    _ => vec![],
                }
            }
            "poll" => {
                let mut found = BTreeMap::new();
                for (key, from) in body["offsets"].as_object().unwrap() {
                    let log = logs[node].get(key).cloned().unwrap_or_default();
                    let all = log
                        .into_iter()
                        .enumerate()
                        .skip(from.as_u64().unwrap() as usize);
                    found.insert(
                        key.clone(),
                        all.map(|(offset, msg)| json!([offset, msg]))
                            .collect::<Vec<Json>>(),
                    );
                }
                vec![reply_with(node, line, json!({"msgs": found}))]
            }
            "list_committed_offsets" => vec![reply_with(node, line, json!({"offsets": {}}))],
            _ => vec![reply(node, line)],
        }
    });
    assert_says(
        &said,
        &[
            "different nodes give the same one, each from its own count: n",
            " gave offset ",
        ],
    );
}

#[test]
fn a_register_is_read_where_it_was_not_written() {
    let mut registers: [BTreeMap<String, Json>; 3] = Default::default();
    let said = first("lin-kv", &busy(), |node, line, kind, body| {
        let key = body["key"].to_string();
        let missing = json!({"type": "error", "code": 20, "text": "there is nothing"});
        match (kind, registers[node].get(&key).cloned()) {
            ("write" | "copy", _) => {
                registers[node].insert(key, body["value"].clone());
                let copy = json!({"type": "copy", "key": body["key"], "value": body["value"]});
                match kind {
                    "write" => [vec![reply(node, line)], to_others(node, &copy)].concat(),
                    _ => vec![],
                }
            }
            (_, None) => vec![reply_with(node, line, missing)],
            ("read", Some(value)) => vec![reply_with(node, line, json!({"value": value}))],
            (_, Some(_)) => {
                let refused = json!({"type": "error", "code": 22, "text": "no"});
                vec![reply_with(node, line, refused)]
            }
        }
    });
    assert_says(
        &said,
        &[
            "key ",
            " is not linearizable, since n",
            "from its own state, without asking another node",
        ],
    );
}

#[test]
fn what_was_sent_on_is_sent_on_again() {
    let config = Config {
        rate: 1.0,
        time_limit: Duration::from_secs(3),
        ..three_nodes()
    };
    let mut seen = vec![Vec::<Json>::new(); 3];
    let mut sent = 0;
    let said = first("broadcast", &config, |node, line, kind, body| match kind {
        "broadcast" | "rumour" => {
            let rumour = json!({"type": "rumour", "message": body["message"]});
            sent += 1;
            let on = if sent < 5000 {
                to_others(node, &rumour)
            } else {
                vec![]
            };
            // It loses what it heard of others, so that something is wrong.
            match kind {
                "broadcast" => {
                    seen[node].push(body["message"].clone());
                    [vec![reply(node, line)], on].concat()
                }
                _ => on,
            }
        }
        _ => vec![reply_with(node, line, json!({"messages": seen[node]}))],
    });
    assert_says(
        &said,
        &[
            "a storm: n",
            " was sent the same \"rumour\" ",
            "though it has been there before",
        ],
    );
}
