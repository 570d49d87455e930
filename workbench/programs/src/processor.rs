//! A processor for each of many runs side by side.
//!
//! A run in lockstep is a conversation: nearly always one of the workbench and its nodes works, and
//! another one waits for it. On one processor the other goes on at once; on two it has to be woken,
//! which costs a virtual machine more than most turns do, and the system moves them between the two
//! without end. So where there are as many runs as processors, each stays on one of its own.

/// From now on, this thread and all processes and threads that it starts stay on one of the
/// processors that they may use: the one at this place, or the next ones if there are fewer. Nodes in
/// real time want all that there are. To ask again changes nothing, and elsewhere than on Linux
/// this does nothing.
pub fn stay_on_processor(place: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let Ok(may) = sched_getaffinity(None) else {
            return;
        };
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&it| may.is_set(it)).collect();
        if all.len() > 1 {
            let mut own = CpuSet::new();
            own.set(all[place % all.len()]);
            // Where that is not allowed, it is only slower.
            if sched_setaffinity(None, &own).is_ok() {
                super::zygote::renew();
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = place;
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use rustix::thread::sched_getaffinity;

    use super::*;

    #[test]
    fn what_a_thread_starts_stays_where_it_does() {
        let of_status = || {
            let status = Command::new("cat")
                .arg("/proc/self/status")
                .output()
                .unwrap();
            let status = String::from_utf8(status.stdout).unwrap();
            let line = status
                .lines()
                .find(|it| it.starts_with("Cpus_allowed_list:"));
            line.unwrap().split_whitespace().nth(1).unwrap().to_owned()
        };
        let before = sched_getaffinity(None).unwrap().count();
        let stay = |place| {
            stay_on_processor(place);
            let own = of_status();
            assert!(own.parse::<usize>().is_ok(), "{own}");
            assert_eq!(sched_getaffinity(None).unwrap().count(), 1);
            stay_on_processor(place + 1);
            assert_eq!(of_status(), own, "it is the only one that it may use");
            own
        };
        let places = std::thread::scope(|scope| {
            let places = [0, 1].map(|place| scope.spawn(move || stay(place)));
            places.map(|place| place.join().unwrap())
        });
        assert_eq!(places[0] != places[1], before > 1, "{places:?}");
        assert_eq!(sched_getaffinity(None).unwrap().count(), before);
    }
}
