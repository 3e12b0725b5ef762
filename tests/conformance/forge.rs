//! A stand-in of the parts of GitHub and GitLab that the scripts of `actions/diff` call: who the owner of a token is, and the
//! comments of one pull request. It answers as their documentation says.
//! <https://docs.github.com/en/rest/issues/comments>, <https://docs.gitlab.com/api/notes/>

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

pub const TOKEN: &str = "s3cret-token";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    GitHub,
    GitLab,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub id: u64,
    /// The login on GitHub, and the number of the user on GitLab.
    pub author: String,
    pub body: String,
}

#[derive(Debug)]
struct State {
    kind: Kind,
    comments: Vec<Comment>,
    is_read_only: bool,
    /// The method and path of each request.
    requests: Vec<String>,
}

/// The server. Its thread ends with the tests.
pub struct Forge {
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// The user of the token.
pub fn me(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub => "github-actions[bot]",
        Kind::GitLab => "42",
    }
}

impl Forge {
    /// Starts a server whose pull request has comments.
    pub fn start(kind: Kind, comments: Vec<Comment>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { kind, comments, is_read_only: false, requests: Vec::new() }));
        let of_thread = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&stream.unwrap(), &mut of_thread.lock().unwrap());
            }
        });
        Forge { url, state }
    }

    /// Lets the token only read from now on, as that of a pull request from a fork.
    pub fn forbid_writing(&self) {
        self.state.lock().unwrap().is_read_only = true;
    }

    pub fn comments(&self) -> Vec<Comment> {
        self.state.lock().unwrap().comments.clone()
    }

    /// The requests that write, since the last call.
    pub fn written(&self) -> Vec<String> {
        let mut requests = std::mem::take(&mut self.state.lock().unwrap().requests);
        requests.retain(|request| !request.starts_with("GET ") && request != "POST /graphql");
        requests
    }
}

fn answer(mut stream: &TcpStream, state: &mut State) {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let request = line();
    let headers: Vec<String> = std::iter::from_fn(|| Some(line()).filter(|header| !header.is_empty())).collect();
    let header = |name: &str| {
        let named = headers.iter().find(|header| header.to_lowercase().starts_with(&format!("{name}: ")));
        named.map(|header| header[name.len() + 2..].to_owned())
    };
    if header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    let words: Vec<&str> = request.split(' ').collect();
    state.requests.push(words[..2].join(" "));
    let is_known = match state.kind {
        Kind::GitHub => header("authorization").as_deref() == Some(&format!("Bearer {TOKEN}")),
        Kind::GitLab => header("private-token").as_deref() == Some(TOKEN),
    };
    let (status, answer) = if is_known { respond(state, words[0], words[1], &body) } else { (401, json!({"message": "Bad credentials"})) };
    let answer = answer.to_string();
    write!(stream, "HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}", answer.len()).unwrap();
}

fn respond(state: &mut State, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let (list, one, limit) = match state.kind {
        Kind::GitHub => ("/repos/acme/search/issues/7/comments", "/repos/acme/search/issues/comments/", 65_536),
        Kind::GitLab => ("/projects/3/merge_requests/7/notes", "/projects/3/merge_requests/7/notes/", 1_000_000),
    };
    match (method, path) {
        ("POST", "/graphql") => {
            assert_eq!(body["query"], "query { viewer { login } }");
            return (200, json!({"data": {"viewer": {"login": me(state.kind)}}}));
        }
        ("GET", "/user") => return (200, json!({"id": me(state.kind).parse::<u64>().unwrap()})),
        ("GET", _) if path == list => {
            let (size, page): (usize, usize) =
                (parameter("per_page").unwrap().parse().unwrap(), parameter("page").unwrap().parse().unwrap());
            let page = state.comments.iter().skip(size * (page - 1)).take(size);
            return (200, page.map(|comment| shown(state.kind, comment)).collect());
        }
        _ => {}
    }
    if state.is_read_only {
        return (403, json!({"message": "Resource not accessible by integration"}));
    }
    let text = body["body"].as_str().unwrap();
    if text.chars().count() > limit {
        return (422, json!({"message": "Validation Failed"}));
    }
    let (kind, comments) = (state.kind, &mut state.comments);
    match (method, path) {
        ("POST", _) if path == list => {
            let comment = Comment { id: 1000 + comments.len() as u64, author: me(kind).to_owned(), body: text.to_owned() };
            comments.push(comment);
            (201, shown(kind, &comments[comments.len() - 1]))
        }
        ("PATCH" | "PUT", _) if (method == "PATCH") == (kind == Kind::GitHub) => {
            let id = path.strip_prefix(one).unwrap();
            let comment = comments.iter_mut().find(|comment| comment.id.to_string() == id).unwrap();
            text.clone_into(&mut comment.body);
            (200, shown(kind, comment))
        }
        _ => (404, json!({"message": "Not Found"})),
    }
}

fn shown(kind: Kind, comment: &Comment) -> Value {
    match kind {
        Kind::GitHub => {
            let url = format!("https://github.com/acme/search/pull/7#issuecomment-{}", comment.id);
            json!({"id": comment.id, "body": comment.body, "user": {"login": comment.author}, "html_url": url})
        }
        Kind::GitLab => json!({"id": comment.id, "body": comment.body, "author": {"id": comment.author.parse::<u64>().unwrap()}}),
    }
}
