//! A browser without scripts: keeps cookies, follows nothing by itself, sends a form with the token of the page it
//! stands on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

/// A page as it came.
#[derive(Debug, Clone)]
pub struct Shown {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub cookies: Vec<String>,
    pub text: String,
    /// As it came over the wire, in bytes.
    pub size: usize,
}

impl Shown {
    #[track_caller]
    pub fn expect(self, status: u16) -> Shown {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Where a 303 leads.
    #[track_caller]
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        &self.headers["location"]
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split('"').next()?.to_owned())
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

pub struct Surfer {
    address: SocketAddr,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

impl Surfer {
    pub fn at(address: SocketAddr) -> Surfer {
        Surfer {
            address,
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .pool_idle_timeout(std::time::Duration::from_secs(1))
                .build()
                .unwrap(),
            cookies: Mutex::default(),
            csrf: Mutex::default(),
        }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    async fn ask(&self, request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> Shown {
        let jar = {
            let cookies = self.cookies.lock().unwrap();
            let pairs: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join("; ")
        };
        let mut request = request;
        if !jar.is_empty() {
            request = request.header("cookie", jar);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let set: Vec<String> = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        for cookie in &set {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, heads) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let shown = Shown {
            status,
            size: bytes.len(),
            headers: heads
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
                .collect(),
            cookies: set,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        };
        if let Some(token) = shown.hidden("_csrf") {
            *self.csrf.lock().unwrap() = token;
        }
        shown
    }

    pub async fn get(&self, path: &str) -> Shown {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Shown {
        let request = self.http.get(format!("http://{}{path}", self.address));
        self.ask(request, headers).await
    }

    /// Sends a form with the token of the page that was shown last.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.csrf.lock().unwrap().clone();
        let mut all = vec![("_csrf", token.as_str())];
        all.extend_from_slice(fields);
        let shown = self.post(path, &all, &[]).await;
        // A 403 for a token that is too old would pass for one for a right that is missing.
        assert!(!shown.has("表单已过期"), "{path}: the token was stale");
        shown
    }

    /// Sends exactly these fields.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Shown {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = self
            .http
            .post(format!("http://{}{path}", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.ask(request, headers).await
    }

    /// Sends a form with one file.
    pub async fn upload(&self, path: &str, token: &str, name: &str, content: &[u8]) -> Shown {
        let edge = "----guatu-test-edge";
        let mut body = format!(
            "--{edge}\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n--{edge}\r\nContent-Disposition: \
             form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{edge}--\r\n").as_bytes());
        let request = self
            .http
            .post(format!("http://{}{path}", self.address))
            .header("content-type", format!("multipart/form-data; boundary={edge}"))
            .body(body);
        self.ask(request, &[]).await
    }

    pub async fn sign_in(&self, username: &str, password: &str) {
        self.get("/sign-in").await.expect(200);
        let answer = self
            .send("/sign-in", &[("username", username), ("password", password)])
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        // The token of the session's own forms stands on its pages.
        self.get("/").await;
    }
}
