//! The product as a process of its own, the way a user starts it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// The command with a clean environment, so that nothing of the machine's settings leaks into a test.
pub(crate) fn command(home: &Path) -> Command {
    command_of(Path::new(env!("CARGO_BIN_EXE_awareness")), home)
}

fn command_of(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", home)
        .env("USER", super::DEFAULT_OWNER)
        .stdin(Stdio::null());

    command
}

/// Runs the command to its end.
pub(crate) fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home).args(arguments).output().unwrap()
}

/// What a command printed, both streams.
pub(crate) fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs the command with variables, to its end.
pub(crate) fn run_with(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = command(home);
    command.envs(variables.iter().copied()).args(arguments);

    command.output().unwrap()
}

/// A server over HTTP, killed when dropped.
pub(crate) struct HttpServer {
    child: Killed,
    pub(crate) url: String,
    /// What it printed before it was ready.
    pub(crate) announced: Vec<String>,
    log: JoinHandle<Vec<String>>,
}

/// A process that does not outlive its holder.
struct Killed(Child);

impl HttpServer {
    /// Starts `awareness serve` on a free port with more arguments, and waits until it listens.
    pub(crate) fn start(home: &Path, arguments: &[&str]) -> Self {
        Self::start_with(command(home), arguments)
    }

    /// As [`HttpServer::start`], with variables.
    pub(crate) fn start_in(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = command(home);
        command.envs(variables.iter().copied());

        Self::start_with(command, arguments)
    }

    /// As [`HttpServer::start`], where no file may grow beyond so many blocks of 512 bytes.
    pub(crate) fn start_limited(home: &Path, arguments: &[&str], blocks: u32) -> Self {
        let script = format!(r#"trap "" XFSZ; ulimit -f {blocks}; exec "$0" "$@""#);
        let mut command = command_of(Path::new("/bin/sh"), home);
        command
            .args(["-c", &script])
            .arg(env!("CARGO_BIN_EXE_awareness"));

        Self::start_with(command, arguments)
    }

    fn start_with(mut command: Command, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--port", "0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            for line in stderr.lines().map_while(Result::ok) {
                log.push(line.clone());
                // Whoever waited for the start has what they wanted; the rest must still be read.
                let _ = sender.send(line);
            }

            log
        });

        let mut announced = Vec::new();
        loop {
            let line = receiver
                .recv_timeout(Duration::from_secs(30))
                .unwrap_or_else(|_| panic!("the server did not start: {announced:?}"));
            let is_last = line.starts_with("connect ");
            announced.push(line);
            if is_last {
                break;
            }
        }
        let url = announced
            .iter()
            .find_map(|line| line.strip_prefix("url "))
            .expect("a URL")
            .trim()
            .to_owned();

        Self {
            child: Killed(child),
            url,
            announced,
            log,
        }
    }

    /// The address of another path of the server.
    pub(crate) fn at(&self, path: &str) -> String {
        self.url.replacen("/mcp", path, 1)
    }

    /// Calls a tool over plain HTTP; `None` when the server went away.
    pub(crate) fn try_call(&self, tool: &str, arguments: Value) -> Option<Value> {
        let request = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments},
        });
        let mut response = ureq::post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .send_json(&request)
            .ok()?;
        let reply: Value = response.body_mut().read_json().ok()?;

        serde_json::from_str(reply["result"]["content"][0]["text"].as_str()?).ok()
    }

    /// Kills the server without warning, as a power cut would.
    pub(crate) fn kill_now(&self) {
        let pid = self.child.0.id().to_string();
        Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    }

    /// Asks the server to end, as a service manager would; returns whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let pid = self.child.0.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();

        self.child.0.wait().unwrap().success()
    }

    /// Kills the server; returns all it ever printed.
    pub(crate) fn into_log(self) -> String {
        let Self { child, log, .. } = self;
        drop(child);

        log.join().unwrap().join("\n")
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server over pipes, spoken to line by line.
pub(crate) struct StdioServer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl StdioServer {
    /// Starts `awareness serve --stdio` and shakes hands.
    pub(crate) fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut server = Self::silent(home, arguments);
        server.shake_hands("2025-06-18");

        server
    }

    /// Starts `awareness serve --stdio`, and says nothing yet.
    pub(crate) fn silent(home: &Path, arguments: &[&str]) -> Self {
        let mut child = command(home)
            .args(["serve", "--stdio"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());

        Self {
            child,
            input,
            output,
            next: 0,
        }
    }

    /// Begins a session in a revision of the protocol, which the server must take up.
    pub(crate) fn shake_hands(&mut self, revision: &str) {
        let hello = json!({
            "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        });
        let reply = self.request("initialize", hello);
        assert_eq!(reply["result"]["serverInfo"]["name"], "awareness");
        assert_eq!(reply["result"]["protocolVersion"], revision);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    /// Calls a tool; returns the JSON of its text.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let reply = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        let text = reply["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply}"));

        serde_json::from_str(text).unwrap()
    }

    /// Sends a request and reads the answer; every line of standard output must be JSON-RPC.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "the server went away"
            );
            let message: Value =
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            assert_eq!(message["jsonrpc"], "2.0", "{line}");
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Closes the input; the server must end by itself, and well.
    pub(crate) fn finish(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().unwrap().success());
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }
}
