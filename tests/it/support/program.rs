//! The program in a process of its own, to be stopped and killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A `guatu demo` in its own process.
pub struct Program {
    child: Child,
    /// Where its API begins.
    pub api: String,
}

impl Program {
    /// Starts on what is in `dir`, and waits until it listens.
    pub fn start(dir: &Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guatu"))
            .arg("demo")
            .args(["--listen", "127.0.0.1:0", "--seeds"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"))
            .arg("--data-dir")
            .arg(dir.join("data"))
            .arg("--accounts-file")
            .arg(dir.join("accounts.json"))
            .env("GUATU_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        // The rest is read too: a full pipe would hold the program.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| panic!("it ended: {:?}", child.wait()));
        Program {
            child,
            api: format!("{address}/api/v1"),
        }
    }

    pub fn kill_9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and holds it to a clean end.
    pub fn terminate(self) {
        self.signal(Signal::TERM);
        self.ended();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).unwrap();
    }

    /// Waits for its end, which must be a clean one.
    pub fn ended(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

pub fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().unwrap()).unwrap()
}
