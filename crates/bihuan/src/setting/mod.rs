//! What an operator sets: one list of settings, each with its unit, its default and its limits,
//! said in a file, in the environment or by an option.
//!
//! Invariants: an option goes before the environment, the environment before the file, the file
//! before the default; whatever was read has passed its check, so that nothing is refused later;
//! a secret is never shown.

mod file;
mod kind;
mod list;

pub use kind::Kind;
pub use list::{SETTINGS, Setting};

use crate::config::variable;
use crate::problem::Problem;
use bihuan_core::text::Text;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file of settings in the folder of a realm.
pub const FILE: &str = "bihuan.toml";
/// Largest file of settings, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1_024;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The file, on this line.
    File(usize),
    /// The environment.
    Environment,
    /// An option of the command line.
    Option,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    text: String,
    origin: Origin,
}

/// All settings, as they hold; its debug form tells none of them, since some are secret.
#[derive(Clone)]
pub struct Settings {
    /// The file that was read, where there is one.
    pub file: Option<PathBuf>,
    held: BTreeMap<&'static str, Held>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("file", &self.file).finish_non_exhaustive()
    }
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value; a secret is hidden.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Settings {
    /// Reads the file (the one named, or `bihuan.toml` in `dir` where there is one), then the
    /// environment, then `options`.
    ///
    /// # Errors
    /// Every fault at once, each with its line or its name.
    pub fn read(
        named: Option<&Path>,
        dir: &Path,
        options: &[(&'static str, String)],
    ) -> Result<Settings, Problem> {
        let beside = dir.join(FILE);
        let path = named.map(Path::to_owned).or_else(|| beside.is_file().then_some(beside));
        let text = path.as_deref().map(text_of).transpose()?;
        let file = path.as_deref().zip(text.as_deref());
        Settings::of(file, variable, options)
    }

    /// The settings of a text, an environment and options.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn of(
        file: Option<(&Path, &str)>,
        environment: impl Fn(&str) -> Option<String>,
        options: &[(&'static str, String)],
    ) -> Result<Settings, Problem> {
        let mut faults = Vec::new();
        let said = file.map(|(path, text)| file::read(path, text, &mut faults)).unwrap_or_default();
        let mut held = BTreeMap::new();
        for setting in SETTINGS {
            let option = options.iter().find(|it| it.0 == setting.key);
            let (text, origin) = if let Some((_, text)) = option {
                (text.clone(), Origin::Option)
            } else if let Some(text) = environment(setting.env) {
                (text, Origin::Environment)
            } else if let Some((text, line)) = said.get(setting.key) {
                (text.clone(), Origin::File(*line))
            } else {
                (setting.default.to_owned(), Origin::Default)
            };
            if let Err(want) = setting.check(&text) {
                faults.push(fault(setting, origin, file.map(|it| it.0), &want));
            }
            held.insert(setting.key, Held { text, origin });
        }
        if !faults.is_empty() {
            return Err(Problem::Settings(faults));
        }
        Ok(Settings { file: file.map(|it| it.0.to_owned()), held })
    }

    /// Every setting with its value, in the order of the list; secrets are hidden.
    pub fn shown(&self) -> impl Iterator<Item = Shown> {
        SETTINGS.iter().map(|setting| {
            let held = &self.held[setting.key];
            Shown { setting, text: setting.shown(&held.text), origin: held.origin }
        })
    }

    /// What is said; empty where nothing is.
    ///
    /// # Panics
    /// Where there is no such setting, which a test would show.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        &self.held.get(key).expect("the key is in the list").text
    }

    /// A text, where one is said.
    #[must_use]
    pub fn some(&self, key: &str) -> Option<&str> {
        Some(self.text(key)).filter(|it| !it.is_empty())
    }

    /// A number.
    #[must_use]
    pub fn number(&self, key: &str) -> u64 {
        self.text(key).parse().expect("it was checked when it was read")
    }

    /// A number of things.
    #[must_use]
    pub fn count(&self, key: &str) -> usize {
        usize::try_from(self.number(key)).unwrap_or(usize::MAX)
    }

    /// A number of seconds.
    #[must_use]
    pub fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.number(key))
    }

    /// Yes or no.
    #[must_use]
    pub fn is(&self, key: &str) -> bool {
        self.text(key) == "true"
    }

    /// An address to listen on, where one is said.
    #[must_use]
    pub fn address(&self, key: &str) -> Option<SocketAddr> {
        self.some(key).map(|it| it.parse().expect("it was checked when it was read"))
    }

    /// Networks.
    #[must_use]
    pub fn networks(&self, key: &str) -> Vec<IpNet> {
        kind::networks(self.text(key)).expect("it was checked when it was read")
    }

    /// A path, where one is said; one in the file is meant from the folder of the file.
    #[must_use]
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.some(key)?);
        let is_in_file = matches!(self.held[key].origin, Origin::File(_));
        let folder = self.file.as_deref().and_then(Path::parent).filter(|_| is_in_file);
        Some(folder.map_or_else(|| path.clone(), |it| it.join(&path)))
    }
}

fn text_of(path: &Path) -> Result<String, Problem> {
    let size = std::fs::metadata(path).map_err(|it| Problem::file(path, &it))?.len();
    if size > FILE_BYTES_MAX {
        let text = format!("{size} bytes; at most {FILE_BYTES_MAX} are read");
        return Err(Problem::file(path, &text));
    }
    std::fs::read_to_string(path).map_err(|it| Problem::file(path, &it))
}

/// What is wrong with a value, and where it stands.
fn fault(setting: &Setting, origin: Origin, file: Option<&Path>, want: &Text) -> Text {
    let file = file.map(|it| it.display().to_string()).unwrap_or_default();
    let (zh, en) = match origin {
        Origin::File(line) => (format!("{file} 第 {line} 行"), format!("{file}:{line}")),
        Origin::Environment => {
            (format!("环境变量 {}", setting.env), format!("environment {}", setting.env))
        }
        Origin::Option => ("命令行".to_owned(), "option".to_owned()),
        Origin::Default => ("默认值".to_owned(), "default".to_owned()),
    };
    Text {
        zh: format!("{zh}：{} {}", setting.key, want.zh),
        en: format!("{en}: {} {}", setting.key, want.en),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let env = |name: &str| env.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        let file = Some((Path::new("/etc/bihuan/bihuan.toml"), text));
        Settings::of(file, env, &[]).map_err(|it| match it {
            Problem::Settings(faults) => faults.into_iter().map(|it| it.en).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn every_default_passes_its_own_check_and_every_name_is_of_one_setting() {
        let settings = of("", &[]).expect("defaults are sound");
        assert!(settings.shown().all(|it| it.origin == Origin::Default));
        let mut keys: Vec<&str> = SETTINGS.iter().flat_map(|it| [it.key, it.env]).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), SETTINGS.len() * 2);
        assert!(SETTINGS.iter().all(|it| it.env.starts_with("BIHUAN_")));
    }

    #[test]
    fn the_environment_goes_before_the_file_and_an_option_before_both() {
        let text = "[limit]\nidle_s = 30\nheader_s = 5\ndrain_s = 3\n";
        let env = |name: &str| {
            let said = [("BIHUAN_LIMIT_HEADER_S", "6"), ("BIHUAN_LIMIT_DRAIN_S", "4")];
            said.into_iter().find(|it| it.0 == name).map(|it| it.1.to_owned())
        };
        let options = [("limit.drain_s", "9".to_owned())];
        let file = Some((Path::new("x/bihuan.toml"), text));
        let settings = Settings::of(file, env, &options).expect("sound");
        let said = |key| (settings.number(key), settings.held[key].origin);
        assert_eq!(said("limit.idle_s"), (30, Origin::File(2)));
        assert_eq!(said("limit.header_s"), (6, Origin::Environment));
        assert_eq!(said("limit.drain_s"), (9, Origin::Option));
        assert_eq!(said("limit.first_byte_s"), (10, Origin::Default));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = "[limit]\nidle_s = 0\nidle = 5\n\n[listen]\nall = \"here\"\n[lisen]\nall = 1\n";
        let faults = of(text, &[("BIHUAN_PROXY_TRUSTED", "10.0.0.0/8, x")]).expect_err("faults");
        let at = |start: &str| faults.iter().any(|it| it.starts_with(start));
        let file = "/etc/bihuan/bihuan.toml";
        assert!(at(&format!("{file}:2: limit.idle_s ")), "{faults:#?}");
        assert!(at(&format!("{file}:3: there is no setting `limit.idle`")), "{faults:#?}");
        assert!(at(&format!("{file}:6: listen.all ")), "{faults:#?}");
        assert!(at(&format!("{file}:8: there is no setting `lisen.all`")), "{faults:#?}");
        assert!(at("environment BIHUAN_PROXY_TRUSTED: proxy.trusted "), "{faults:#?}");
        assert_eq!(faults.len(), 5);
        let broken = of("[limit\n", &[]).expect_err("no TOML");
        assert!(broken[0].starts_with(&format!("{file}:1: ")), "{broken:?}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let text = "db = \"postgres://bihuan:canary1@db/x?schema=a\"\n[s3]\nsecret = \"canary2\"\n";
        let settings = of(text, &[("BIHUAN_S3_KEY", "canary3")]).expect("sound");
        let shown: Vec<String> = settings.shown().map(|it| it.text).collect();
        let shown = shown.join("\n");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("postgres://bihuan:***@db/x?schema=a"), "{shown}");
        let debug = of("[s3]\nsecret = [\"canary\"]\n", &[]).expect_err("a list is no text");
        assert!(!debug.join("").contains("canary"), "nor in a fault");
    }

    #[test]
    fn a_path_in_the_file_is_meant_from_its_folder() {
        let text = "[tls]\ncertificate = \"tls/a.pem\"\nkey = \"/k.pem\"\n";
        let settings = of(text, &[]).expect("sound");
        let path = |key| settings.path(key).expect("a path").display().to_string();
        assert_eq!(path("tls.certificate"), "/etc/bihuan/tls/a.pem");
        assert_eq!(path("tls.key"), "/k.pem");
        let lone = of("[tls]\nkey = \"k\"\n", &[("BIHUAN_TLS_KEY", "here")]).expect("sound");
        assert_eq!(lone.path("tls.key"), Some("here".into()));
    }

    #[test]
    fn lists_are_lists_of_words() {
        let text = "[proxy]\ntrusted = [\"10.0.0.0/8\", \"::1/128\"]\ntls = true\n";
        let settings = of(text, &[]).expect("sound");
        assert_eq!(settings.networks("proxy.trusted").len(), 2);
        assert!(settings.is("proxy.tls"));
    }
}
