//! Every setting: its key in the file, its name in the environment, its unit, its default.
//!
//! Invariant: what is not in this list cannot be set; the manual has a line for each.

use super::kind::Kind;
use bihuan_core::text::Text;

/// A setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the file, such as `limit.idle_s`.
    pub key: &'static str,
    /// Its name in the environment.
    pub env: &'static str,
    /// What its value must look like.
    pub kind: Kind,
    /// What holds where nobody sets it; empty for nothing.
    pub default: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it is for, in Chinese.
    pub zh: &'static str,
    /// What it is for, in English.
    pub en: &'static str,
}

impl Setting {
    /// Says what is wanted where a text is not it.
    pub(super) fn check(&self, text: &str) -> Result<(), Text> {
        self.kind.check(text)
    }

    /// A value as it may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        if text.is_empty() || !self.secret {
            return text.to_owned();
        }
        // Of a connection string only the password is secret.
        let parts = text.split_once("://").and_then(|(scheme, rest)| {
            let (user, rest) = rest.rsplit_once('@')?;
            let user = user.split_once(':').map_or(user, |it| it.0);
            Some(format!("{scheme}://{user}:***@{rest}"))
        });
        match parts {
            Some(shown) if !text.contains("password=") => shown,
            _ => "***".to_owned(),
        }
    }
}

const fn setting(
    key: &'static str,
    env: &'static str,
    kind: Kind,
    default: &'static str,
    (zh, en): (&'static str, &'static str),
) -> Setting {
    Setting { key, env, kind, default, secret: false, zh, en }
}

const fn secret(
    key: &'static str,
    env: &'static str,
    said: (&'static str, &'static str),
) -> Setting {
    Setting { key, env, kind: Kind::Text, default: "", secret: true, zh: said.0, en: said.1 }
}

const fn seconds(most: u64) -> Kind {
    Kind::Number { unit: "s", least: 1, most }
}

const fn number(unit: &'static str, least: u64, most: u64) -> Kind {
    Kind::Number { unit, least, most }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    secret("db", "BIHUAN_DB", ("数据库连接串", "connection string of the database")),
    setting("s3.bucket", "BIHUAN_S3_BUCKET", Kind::Text, "", ("对象存储桶", "bucket of files")),
    setting("s3.endpoint", "BIHUAN_S3_ENDPOINT", Kind::Text, "", ("其地址", "where it is")),
    setting("s3.region", "BIHUAN_S3_REGION", Kind::Text, "us-east-1", ("区域", "its region")),
    setting("s3.prefix", "BIHUAN_S3_PREFIX", Kind::Text, "", ("前缀", "prefix in it")),
    secret("s3.key", "BIHUAN_S3_KEY", ("访问密钥", "key of access")),
    secret("s3.secret", "BIHUAN_S3_SECRET", ("访问密钥的密文", "secret of that key")),
    setting(
        "webhook.networks",
        "BIHUAN_WEBHOOK_NETWORKS",
        Kind::Networks,
        "",
        ("推送可进入的内网网段", "private networks that webhooks may lead into"),
    ),
    setting(
        "login.second_factor",
        "BIHUAN_SECOND_FACTOR",
        Kind::Choice(&["optional", "administrators"]),
        "optional",
        ("谁必须启用第二重验证", "who does nothing without a second factor"),
    ),
    setting(
        "oidc.issuer",
        "BIHUAN_OIDC_ISSUER",
        Kind::Text,
        "",
        ("统一身份认证的签发者", "issuer of the provider where people sign in"),
    ),
    setting(
        "oidc.client",
        "BIHUAN_OIDC_CLIENT",
        Kind::Text,
        "",
        ("本系统在其处的编号", "our id there"),
    ),
    secret("oidc.secret", "BIHUAN_OIDC_SECRET", ("本系统在其处的密钥", "our secret there")),
    setting(
        "oidc.return",
        "BIHUAN_OIDC_RETURN",
        Kind::Text,
        "",
        ("登录后返回的地址", "where it sends people back: `…/api/v1/session/provider/return`"),
    ),
    setting(
        "oidc.claim",
        "BIHUAN_OIDC_CLAIM",
        Kind::Text,
        "preferred_username",
        ("对应账号的声明", "the claim that names an account"),
    ),
    setting(
        "oidc.title",
        "BIHUAN_OIDC_TITLE",
        Kind::Text,
        "OpenID Connect",
        ("登录按钮上的字", "what the button says"),
    ),
    setting(
        "listen.all",
        "BIHUAN_LISTEN",
        Kind::Address,
        "127.0.0.1:8080",
        ("全部地址（指标除外）", "every address but the metrics; empty for none"),
    ),
    setting(
        "listen.public",
        "BIHUAN_LISTEN_PUBLIC",
        Kind::Address,
        "",
        ("公众页面", "the public page alone"),
    ),
    setting(
        "listen.field",
        "BIHUAN_LISTEN_FIELD",
        Kind::Address,
        "",
        ("现场人员", "people in the field alone"),
    ),
    setting(
        "listen.desk",
        "BIHUAN_LISTEN_DESK",
        Kind::Address,
        "",
        ("办公桌面、程序与管理", "desks, programs and administrators alone"),
    ),
    setting(
        "listen.watch",
        "BIHUAN_LISTEN_WATCH",
        Kind::Address,
        "",
        ("监控指标", "the metrics; never on another listener"),
    ),
    setting(
        "tls.certificate",
        "BIHUAN_TLS_CERTIFICATE",
        Kind::Path,
        "",
        ("证书链（PEM）", "certificate chain, PEM; read anew on SIGHUP"),
    ),
    setting("tls.key", "BIHUAN_TLS_KEY", Kind::Path, "", ("私钥（PEM）", "its private key, PEM")),
    setting(
        "proxy.trusted",
        "BIHUAN_PROXY_TRUSTED",
        Kind::Networks,
        "",
        ("可信代理的网段", "proxies whose X-Forwarded-For is believed"),
    ),
    setting(
        "proxy.tls",
        "BIHUAN_PROXY_TLS",
        Kind::Yes,
        "false",
        ("代理是否一律用 TLS", "whether every caller reaches the proxy by TLS"),
    ),
    setting(
        "limit.connections",
        "BIHUAN_LIMIT_CONNECTIONS",
        number("connections", 16, 1_000_000),
        "16384",
        ("连接总数上限", "connections in all"),
    ),
    setting(
        "limit.connections_per_address",
        "BIHUAN_LIMIT_CONNECTIONS_PER_ADDRESS",
        number("connections", 1, 1_000_000),
        "512",
        ("每个地址的连接上限", "connections of one address"),
    ),
    setting(
        "limit.first_byte_s",
        "BIHUAN_LIMIT_FIRST_BYTE_S",
        seconds(600),
        "10",
        ("首字节与 TLS 握手时限", "until the first byte; a TLS handshake"),
    ),
    setting(
        "limit.header_s",
        "BIHUAN_LIMIT_HEADER_S",
        seconds(600),
        "10",
        ("请求头时限", "head of a request"),
    ),
    setting(
        "limit.idle_s",
        "BIHUAN_LIMIT_IDLE_S",
        seconds(3_600),
        "60",
        ("两次请求之间", "rest between two requests"),
    ),
    setting(
        "limit.body_grace_s",
        "BIHUAN_LIMIT_BODY_GRACE_S",
        seconds(3_600),
        "15",
        ("请求体的宽限", "waiting for a body, beside what its bytes earn"),
    ),
    setting(
        "limit.body_bytes_per_s",
        "BIHUAN_LIMIT_BODY_BYTES_PER_S",
        number("bytes/s", 1, 1_000_000),
        "1024",
        ("请求体的最低速度", "slowest body"),
    ),
    setting(
        "limit.answer_grace_s",
        "BIHUAN_LIMIT_ANSWER_GRACE_S",
        seconds(3_600),
        "30",
        ("对方不收应答的宽限", "waiting for an answer to be taken"),
    ),
    setting(
        "limit.drain_s",
        "BIHUAN_LIMIT_DRAIN_S",
        seconds(600),
        "10",
        ("停止服务时等待", "what was begun may go on when the service closes"),
    ),
    setting(
        "limit.reports",
        "BIHUAN_LIMIT_REPORTS",
        number("reports", 1, 10_000),
        "32",
        (
            "同时接收的随手拍；同一网络占四分之一",
            "reports without an account that come in at once, a quarter of them from one network",
        ),
    ),
    setting(
        "rate.address_per_min",
        "BIHUAN_RATE_ADDRESS_PER_MIN",
        number("requests/min", 1, 1_000_000),
        "3000",
        ("每个地址每分钟的请求", "requests of one address"),
    ),
    setting(
        "rate.address_burst",
        "BIHUAN_RATE_ADDRESS_BURST",
        number("requests", 1, 1_000_000),
        "600",
        ("每个地址一时的请求", "requests of one address after a rest"),
    ),
    setting(
        "rate.account_per_min",
        "BIHUAN_RATE_ACCOUNT_PER_MIN",
        number("requests/min", 1, 1_000_000),
        "1200",
        ("每个账号每分钟的请求", "requests of one account"),
    ),
    setting(
        "rate.account_burst",
        "BIHUAN_RATE_ACCOUNT_BURST",
        number("requests", 1, 1_000_000),
        "300",
        ("每个账号一时的请求", "requests of one account after a rest"),
    ),
    setting(
        "rate.sign_in_per_min",
        "BIHUAN_RATE_SIGN_IN_PER_MIN",
        number("requests/min", 1, 1_000_000),
        "30",
        ("每个地址每分钟的登录", "log-ins from one address"),
    ),
    setting(
        "rate.sign_in_burst",
        "BIHUAN_RATE_SIGN_IN_BURST",
        number("requests", 1, 1_000_000),
        "60",
        ("每个地址一时的登录", "log-ins from one address after a rest"),
    ),
    setting(
        "rate.report_per_min",
        "BIHUAN_RATE_REPORT_PER_MIN",
        number("requests/min", 1, 1_000_000),
        "6",
        ("每个地址每分钟的随手拍", "reports without an account from one address"),
    ),
    setting(
        "rate.report_burst",
        "BIHUAN_RATE_REPORT_BURST",
        number("requests", 1, 1_000_000),
        "12",
        ("每个地址一时的随手拍", "reports from one address after a rest"),
    ),
    setting(
        "disk.free_min_mb",
        "BIHUAN_DISK_FREE_MIN_MB",
        number("MiB", 0, 1_000_000_000),
        "256",
        ("可用空间少于此数即报告未就绪", "free space below which /ready says no"),
    ),
    setting(
        "log.format",
        "BIHUAN_LOG_FORMAT",
        Kind::Choice(&["text", "json"]),
        "text",
        ("日志格式", "form of the log"),
    ),
    setting(
        "log.level",
        "BIHUAN_LOG_LEVEL",
        Kind::Choice(&["error", "warn", "info", "debug"]),
        "info",
        ("日志详细程度；info 每个请求一行", "from which level on; info has a line a request"),
    ),
    setting(
        "public.reports",
        "BIHUAN_PUBLIC_REPORTS",
        Kind::Yes,
        "false",
        ("是否接受群众随手拍（无账号上报）", "whether anybody may report without an account"),
    ),
    setting(
        "map.file",
        "BIHUAN_MAP_FILE",
        Kind::Path,
        "",
        ("底图文件（PMTiles）", "file of the base map, PMTiles"),
    ),
    setting(
        "map.tiles",
        "BIHUAN_MAP_TILES",
        Kind::Url,
        "",
        ("底图服务地址，含 {z}、{x}、{y}", "address of a base map's tiles, with {z}, {x} and {y}"),
    ),
    setting(
        "map.attribution",
        "BIHUAN_MAP_ATTRIBUTION",
        Kind::Text,
        "",
        ("底图来源与审图号", "whose the base map is, and its approval number"),
    ),
    setting(
        "public.url",
        "BIHUAN_PUBLIC_URL",
        Kind::Url,
        "",
        ("公众页面的网址，印在点位牌上", "where the public reaches us, as placards say it"),
    ),
    setting(
        "public.photos",
        "BIHUAN_PUBLIC_PHOTOS",
        Kind::Yes,
        "false",
        ("是否允许公开照片", "whether photos may be released to the public"),
    ),
    setting(
        "trace.url",
        "BIHUAN_TRACE_URL",
        Kind::Url,
        "",
        ("OpenTelemetry 收集器（OTLP/HTTP）", "collector of OpenTelemetry, OTLP over HTTP"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_a_line_for_each_setting() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md");
        let manual = std::fs::read_to_string(path).expect("the manual");
        let line = |it: &Setting| {
            let default = if it.default.is_empty() { "–" } else { it.default };
            let (key, env, unit) = (it.key, it.env, it.kind.unit());
            format!("| `{key}` | `{env}` | {unit} | {default} | {} |\n", it.en)
        };
        let lines: String = SETTINGS.iter().map(line).collect();
        assert!(manual.contains(&lines), "put these lines into docs/operate.md:\n{lines}");
    }
}
