//! `bihuan init`: an empty realm.

use super::Outcome;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_store::rules::Change;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn run(
    config: &Config,
    out: &Output,
    title: Option<String>,
    title_en: Option<String>,
) -> Result<Outcome, Problem> {
    let realm = Realm::make(config)?;
    let zh = title.unwrap_or_else(|| "未命名".to_owned());
    let en = title_en.unwrap_or_else(|| if zh.is_ascii() { zh.clone() } else { "Unnamed".into() });
    let settings = BTreeMap::from([("title_zh".to_owned(), zh), ("title_en".to_owned(), en)]);
    realm.change(Change::Settings(settings))?;
    let dir = config.dir.display();
    out.answer(json!({ "dir": config.dir }), |text| {
        let said = match out.pick("zh", "en") {
            "zh" => format!(
                "已建好 {dir}\n接着：bihuan import units、people、areas、points，再 bihuan pack publish，\
                 最后 bihuan doctor"
            ),
            _ => format!(
                "made {dir}\nnext: `bihuan import` units, people, areas and points, then \
                 `bihuan pack publish`, and `bihuan doctor` at last"
            ),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}
