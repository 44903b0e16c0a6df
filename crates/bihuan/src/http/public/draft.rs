//! What somebody without an account sends: a form with photos, as any browser sends it.
//!
//! Invariants: each part has a limit; what is not asked for is passed over and never kept.

use super::reception::{LASTS_MAX, Photo, Reception, too_slow};
use crate::http::ApiProblem;
use axum::extract::Multipart;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use bihuan_core::id::{ClassCode, CommandId, PackId, PointId};
use bihuan_core::place::Point;
use bihuan_core::text::Text;
use tokio::time::timeout;

/// Most photos of a report.
pub const PHOTOS_MAX: usize = 3;
/// Most bytes of the words of a report.
const WORDS_BYTES_MAX: usize = 2_000;
/// Most bytes of any other part but photos.
const PART_BYTES_MAX: usize = 400;
/// Most parts of a form.
const PARTS_MAX: usize = 24;

/// What was sent.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Chosen by the sender, or by the page that the form stood in.
    pub id: Option<CommandId>,
    /// The kind of loop; the first that takes reports where it is not said.
    pub pack: Option<PackId>,
    /// What it is about.
    pub class: Option<ClassCode>,
    /// In the sender's words.
    pub words: String,
    /// The point whose placard was read.
    pub point: Option<PointId>,
    /// Where the sender is.
    pub at: Option<Point>,
    /// How exactly, in metres.
    pub accuracy_m: u32,
    /// Who reports, where that person wants to be asked back.
    pub name: String,
    /// That person's telephone.
    pub telephone: String,
    /// The version of the notice that was read.
    pub notice: Option<i64>,
    /// Photos, as they came.
    pub photos: Vec<Photo>,
}

impl Draft {
    /// Reads a form, as long as it may take to come.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(super) async fn read(form: Multipart, at: &Reception) -> Result<Draft, ApiProblem> {
        timeout(LASTS_MAX, Draft::parts(form, at)).await.unwrap_or_else(|_| Err(too_slow()))
    }

    async fn parts(mut form: Multipart, at: &Reception) -> Result<Draft, ApiProblem> {
        let (mut draft, mut place) = (Draft::default(), (None, None));
        for _ in 0..PARTS_MAX {
            let Some(field) = form.next_field().await.map_err(|_| unread())? else {
                draft.at = point_of(place)?;
                return Ok(draft);
            };
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "photo" => draft.photo(field, at).await?,
                "words" => draft.words = text(field, WORDS_BYTES_MAX).await?,
                _ => {
                    let said = text(field, PART_BYTES_MAX).await?;
                    match name.as_str() {
                        "lon" => place.0 = number(&said, "lon")?,
                        "lat" => place.1 = number(&said, "lat")?,
                        _ => draft.take(&name, said)?,
                    }
                }
            }
        }
        Err(invalid("form", "表单项过多", "the form has too many parts"))
    }

    async fn photo(&mut self, field: Field<'_>, at: &Reception) -> Result<(), ApiProblem> {
        let Some(photo) = at.photo(field).await? else { return Ok(()) };
        if self.photos.len() == PHOTOS_MAX {
            return Err(invalid("photo", "最多三张照片", "at most three photos"));
        }
        self.photos.push(photo);
        Ok(())
    }

    fn take(&mut self, name: &str, said: String) -> Result<(), ApiProblem> {
        if said.is_empty() {
            return Ok(());
        }
        match name {
            "id" => {
                let id = said.parse().map(CommandId);
                let wrong = |_| invalid("id", "编号须为 UUID", "the id has to be a UUID");
                self.id = Some(id.map_err(wrong)?);
            }
            "kind" => {
                let (pack, class) = said.split_once('/').unwrap_or(("", &said));
                self.pack = Some(pack).filter(|it| !it.is_empty()).map(PackId::from);
                self.class = Some(ClassCode::from(class));
            }
            "pack" => self.pack = Some(PackId::from(said.as_str())),
            "class" => self.class = Some(ClassCode::from(said.as_str())),
            "point" => self.point = Some(PointId::from(said.as_str())),
            "accuracy_m" => self.accuracy_m = number(&said, "accuracy_m")?.map_or(0, metres),
            "name" => self.name = said.trim().to_owned(),
            "telephone" => self.telephone = said.trim().to_owned(),
            "notice" => self.notice = said.parse().ok(),
            _ => {}
        }
        Ok(())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
fn metres(it: f64) -> u32 {
    it.clamp(0.0, 100_000.0).round() as u32
}

/// A place in degrees, where both are said.
#[expect(clippy::cast_possible_truncation, reason = "degrees are few")]
fn point_of((lon, lat): (Option<f64>, Option<f64>)) -> Result<Option<Point>, ApiProblem> {
    let Some((lon, lat)) = lon.zip(lat) else { return Ok(None) };
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
        return Err(invalid("lon", "经纬度超出范围", "the place is not on this earth"));
    }
    let e7 = |it: f64| (it * 1e7).round() as i64;
    Ok(Some(Point { lon_e7: e7(lon), lat_e7: e7(lat) }))
}

fn number(said: &str, name: &'static str) -> Result<Option<f64>, ApiProblem> {
    if said.is_empty() {
        return Ok(None);
    }
    let number = said.parse().ok().filter(|it: &f64| it.is_finite());
    number.map(Some).ok_or_else(|| invalid(name, "须为数字", "it has to be a number"))
}

async fn text(mut field: Field<'_>, most: usize) -> Result<String, ApiProblem> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await.map_err(|_| unread())? {
        if bytes.len() + part.len() > most {
            let zh = format!("文字过长，最多{most}字节");
            return Err(invalid("words", &zh, &format!("too long; at most {most} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    let text = String::from_utf8(bytes);
    let text = text.ok().filter(|it| !it.contains('\0'));
    text.ok_or_else(|| invalid("words", "文字须为 UTF-8", "texts have to be UTF-8"))
}

/// What is wrong with a part of a form.
pub(super) fn invalid(part: &'static str, zh: &str, en: &str) -> ApiProblem {
    let text = Text::new(format!("{zh}（{part}）"), format!("{part}: {en}"));
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
}

pub(super) fn unread() -> ApiProblem {
    let text = Text::new(
        "表单没有传完或格式有误，请重新提交",
        "the form did not come whole, or is none; send it again",
    );
    ApiProblem::new(StatusCode::BAD_REQUEST, "unread_form", text)
}
