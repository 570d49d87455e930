//! One page: what is done to it, what it says, and what it asks for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::connection::Connection;
use super::{LIMIT, keys, now};

/// How much of a page is seen, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What the system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// An open page; closed when dropped. What cannot be done to it panics, and says
/// what was to be done.
pub(crate) struct Page<'a> {
    connection: &'a mut Connection,
    /// What is this page's alone: cookies, storage.
    context: String,
    session: String,
    url: String,
    /// Where its document came from, and whether all of that is here.
    loader: String,
    is_loaded: bool,
    /// Requests under way.
    pending: BTreeSet<String>,
    requests: Vec<String>,
    console: Vec<String>,
}

impl<'a> Page<'a> {
    pub(super) fn open(
        connection: &'a mut Connection,
        url: &str,
        size: Size,
        scheme: Scheme,
    ) -> Result<Page<'a>, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let created = connection.call(None, "Target.createBrowserContext", json!({}))?;
        let mut page = Page {
            connection,
            context: text(&created["browserContextId"]),
            session: String::new(),
            url: url.to_owned(),
            loader: String::new(),
            is_loaded: false,
            pending: BTreeSet::new(),
            requests: Vec::new(),
            console: Vec::new(),
        };
        let params = json!({"url": "about:blank", "browserContextId": page.context});
        let target = page.connection.call(None, "Target.createTarget", params)?;
        let params = json!({"targetId": target["targetId"], "flatten": true});
        let attached = page
            .connection
            .call(None, "Target.attachToTarget", params)?;
        page.session = text(&attached["sessionId"]);
        for domain in ["Inspector", "Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}))?;
        page.call(
            "Emulation.setFocusEmulationEnabled",
            json!({"enabled": true}),
        )?;
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false}),
        )?;
        page.set_scheme(scheme)?;

        let navigated = page.call("Page.navigate", json!({"url": url}))?;
        if let Some(error) = navigated["errorText"].as_str() {
            return Err(error.to_owned());
        }
        page.loader = text(&navigated["loaderId"]);
        let start = now();
        while !page.is_loaded {
            if start.elapsed() > LIMIT {
                return Err(format!("not loaded within {LIMIT:?}"));
            }
            page.connection.wait(Duration::from_millis(20))?;
            page.take_events();
        }
        Ok(page)
    }

    /// The page's own URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Changes what the system prefers, under the open page.
    #[track_caller]
    pub(crate) fn prefer(&mut self, scheme: Scheme) {
        if let Err(why) = self.set_scheme(scheme) {
            panic!("cannot prefer {scheme:?}: {why}");
        }
    }

    /// The value of an expression in JavaScript, of a promise once it has one.
    ///
    /// # Errors
    /// The exception that it throws.
    pub(crate) fn eval(&mut self, expression: &str) -> Result<Value, String> {
        let params = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let mut answer = self
            .call("Runtime.evaluate", params)
            .map_err(|why| format!("{why}: {expression}"))?;
        if let Some(exception) = answer.get("exceptionDetails") {
            return Err(exception_text(exception));
        }
        let result = &mut answer["result"];
        // NaN and its like have no JSON.
        match result.get_mut("unserializableValue") {
            Some(value) => Ok(value.take()),
            None => Ok(result["value"].take()),
        }
    }

    /// Waits until an expression is truthy.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, expression: &str, limit: Duration) {
        let start = now();
        loop {
            let value = self.eval(&format!("Promise.resolve({expression}).then(Boolean)"));
            match value {
                Ok(Value::Bool(true)) => return,
                // The expression itself is wrong: it will not become right.
                Err(why) if why.starts_with("SyntaxError") => panic!("{expression}: {why}"),
                value if start.elapsed() > limit => {
                    panic!("waited {limit:?} for {expression}: it is {value:?}")
                }
                _ => {}
            }
            self.pause(Duration::from_millis(20));
        }
    }

    /// All errors and warnings so far: what was written to the console,
    /// exceptions that nothing caught, requests that failed, what the content
    /// security policy forbade, and dialogs.
    #[track_caller]
    pub(crate) fn console(&mut self) -> Vec<String> {
        self.settle();
        self.console.clone()
    }

    /// All URLs asked for so far, the page's own first. Data that a page holds
    /// itself is asked of no one.
    #[track_caller]
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.settle();
        self.requests.clone()
    }

    /// Fails unless the page's console is empty and it asked for nothing but
    /// itself.
    #[track_caller]
    pub(crate) fn assert_quiet(&mut self) {
        let (console, requests) = (self.console(), self.requests());
        assert!(
            console.is_empty(),
            "{} says:\n{}",
            self.url,
            console.join("\n")
        );
        assert_eq!(requests, [&*self.url], "what {} asks for", self.url);
    }

    /// Moves the mouse.
    #[track_caller]
    pub(crate) fn hover(&mut self, x: f64, y: f64) {
        self.mouse(json!({"type": "mouseMoved", "x": x, "y": y}));
    }

    /// Clicks.
    #[track_caller]
    pub(crate) fn click(&mut self, x: f64, y: f64) {
        self.drag((x, y), (x, y));
    }

    /// Presses the mouse's button at one point and releases it at another.
    #[track_caller]
    pub(crate) fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        let event = |kind: &str, (x, y): (f64, f64), buttons: u8| {
            json!({
                "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1,
            })
        };
        self.hover(from.0, from.1);
        self.mouse(event("mousePressed", from, 1));
        if from != to {
            self.mouse(event("mouseMoved", to, 1));
        }
        self.mouse(event("mouseReleased", to, 0));
    }

    /// Scrolls the first element that a CSS selector finds into view and moves
    /// the mouse over its middle.
    #[track_caller]
    pub(crate) fn hover_on(&mut self, selector: &str) {
        let (x, y) = self.middle_of(selector);
        self.hover(x, y);
    }

    /// Scrolls the first element that a CSS selector finds into view and clicks
    /// on its middle.
    #[track_caller]
    pub(crate) fn click_on(&mut self, selector: &str) {
        let (x, y) = self.middle_of(selector);
        self.click(x, y);
    }

    /// Turns the wheel, down by this many pixels.
    #[track_caller]
    pub(crate) fn wheel(&mut self, x: f64, y: f64, down: f64) {
        self.mouse(json!({"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": down}));
        // Who only listens hears of it after the answer.
        self.frame();
    }

    /// Presses and releases a key: `ArrowRight`, `a`, `Shift+Tab`.
    #[track_caller]
    pub(crate) fn key(&mut self, name: &str) {
        for event in keys::press(name) {
            self.input("Input.dispatchKeyEvent", event);
        }
    }

    /// Types, a key for each character.
    #[track_caller]
    pub(crate) fn type_text(&mut self, text: &str) {
        for char in text.chars() {
            self.key(char.encode_utf8(&mut [0; 4]));
        }
    }

    /// Writes what is seen to a PNG file.
    #[track_caller]
    pub(crate) fn screenshot(&mut self, file: &Path) {
        let taken = match self.call("Page.captureScreenshot", json!({"format": "png"})) {
            Ok(answer) => answer["data"]
                .as_str()
                .and_then(|png| STANDARD.decode(png).ok()),
            Err(why) => panic!("no screenshot of {}: {why}", self.url),
        };
        let png = taken.expect("a screenshot is in base64");
        if let Err(e) = fs::write(file, png) {
            panic!("cannot write {}: {e}", file.display());
        }
    }

    #[track_caller]
    fn middle_of(&mut self, selector: &str) -> (f64, f64) {
        let found = self.eval(&format!("({MIDDLE})({})", json!(selector)));
        match found.as_ref().map(|found| (&found[0], &found[1])) {
            Ok((Value::Number(x), Value::Number(y))) => (
                x.as_f64().unwrap_or_default(),
                y.as_f64().unwrap_or_default(),
            ),
            _ => panic!("no middle of {selector}: {found:?}"),
        }
    }

    #[track_caller]
    fn mouse(&mut self, event: Value) {
        self.input("Input.dispatchMouseEvent", event);
    }

    #[track_caller]
    fn input(&mut self, method: &str, event: Value) {
        if let Err(why) = self.call(method, event.clone()) {
            panic!("{event}: {why}");
        }
    }

    fn set_scheme(&mut self, scheme: Scheme) -> Result<(), String> {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}))?;
        Ok(())
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let answer = self.connection.call(Some(&self.session), method, params);
        self.take_events();
        answer
    }

    #[track_caller]
    fn pause(&mut self, time: Duration) {
        if let Err(why) = self.connection.wait(time) {
            panic!("{}: {why}", self.url);
        }
        self.take_events();
    }

    /// Waits until what the page has begun to do is done: a frame, and the
    /// requests under way.
    #[track_caller]
    fn settle(&mut self) {
        self.frame();
        let start = now();
        while !self.pending.is_empty() {
            assert!(
                start.elapsed() < LIMIT,
                "{}: no answer within {LIMIT:?} to one of {:?}",
                self.url,
                self.requests
            );
            self.pause(Duration::from_millis(20));
        }
    }

    /// Waits until what the page knows is drawn.
    #[track_caller]
    fn frame(&mut self) {
        let frame = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))";
        if let Err(why) = self.eval(frame) {
            panic!("{}: no frame: {why}", self.url);
        }
    }

    fn take_events(&mut self) {
        for event in self.connection.take_events() {
            if event["sessionId"] == *self.session {
                self.take(&event);
            }
        }
    }

    fn take(&mut self, event: &Value) {
        let params = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str().unwrap_or_default() {
            "Page.lifecycleEvent" => {
                self.is_loaded |= params["name"] == "load" && params["loaderId"] == *self.loader;
            }
            "Page.javascriptDialogOpening" => {
                let (kind, message) = (text(&params["type"]), text(&params["message"]));
                self.console.push(format!("{kind} dialog: {message}"));
            }
            "Runtime.consoleAPICalled" => {
                let kind = text(&params["type"]);
                if ["error", "warning", "assert"].contains(&&*kind) {
                    let words: Vec<String> = params["args"]
                        .as_array()
                        .map(|args| args.iter().map(argument_text).collect())
                        .unwrap_or_default();
                    self.console.push(format!("{kind}: {}", words.join(" ")));
                }
            }
            "Runtime.exceptionThrown" => {
                let exception = exception_text(&params["exceptionDetails"]);
                self.console.push(format!("exception: {exception}"));
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                let level = text(&entry["level"]);
                if ["error", "warning"].contains(&&*level) {
                    let (what, url) = (text(&entry["text"]), text(&entry["url"]));
                    self.console.push(format!("{level}: {what} ({url})"));
                }
            }
            "Network.requestWillBeSent" => {
                let url = text(&params["request"]["url"]);
                if !url.starts_with("data:") {
                    self.pending.insert(text(&params["requestId"]));
                    self.requests.push(url);
                }
            }
            "Network.loadingFinished" => {
                self.pending.remove(&text(&params["requestId"]));
            }
            "Network.loadingFailed" => {
                self.pending.remove(&text(&params["requestId"]));
                let why = match params["blockedReason"].as_str() {
                    Some(reason) => format!("blocked: {reason}"),
                    None => text(&params["errorText"]),
                };
                self.console.push(format!("failed request: {why}"));
            }
            _ => {}
        }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let params = json!({"browserContextId": self.context});
        let _ = self
            .connection
            .call(None, "Target.disposeBrowserContext", params);
    }
}

/// Where the middle of an element is that can be clicked there, or why not.
const MIDDLE: &str = "selector => {
    const element = document.querySelector(selector);
    if (!element) return 'there is no such element';
    element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    const box = element.getBoundingClientRect();
    if (!box.width && !box.height) return 'it is not shown';
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (!element.contains(top)) return `it is covered by ${top?.outerHTML.slice(0, 200)}`;
    return [x, y];
}";

/// The URL of a file.
pub(super) fn file_url(file: &Path) -> String {
    let path = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut url = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(*byte));
            }
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

fn exception_text(details: &Value) -> String {
    let exception = &details["exception"];
    match (&exception["description"], details["text"].as_str()) {
        (Value::String(description), _) => description.clone(),
        (_, Some("Uncaught") | None) => exception["value"].to_string(),
        (_, Some(text)) => format!("{text} {}", exception["value"]),
    }
}

fn argument_text(argument: &Value) -> String {
    match (&argument["value"], argument["description"].as_str()) {
        (Value::String(text), _) => text.clone(),
        (_, Some(description)) => description.to_owned(),
        (value, None) => value.to_string(),
    }
}
