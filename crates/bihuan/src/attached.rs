//! Files of matters as somebody may see them.
//!
//! Invariants: a file is seen only through a matter that names it and that the viewer sees; the
//! original is for those on the case of the matter that named it first, so that nobody comes by one
//! by naming it again; whoever is shown an original is on record before it is.

use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::state::FileState;
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::Meaning;
use bihuan_core::photo::{Camera, Flag};
use bihuan_core::place::Datum;
use bihuan_core::policy::{Scope, Sight, Viewer, shows_file, sight};
use bihuan_core::time::Instant;
use bihuan_store::file::{KnownFile, KnownPicture, file, naming, picture};
use serde::Serialize;
use utoipa::ToSchema;

/// Other matters of a photo that one is told of.
const OTHERS_MAX: usize = 5;

/// A file of a matter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Attached {
    /// SHA-256 of its bytes.
    pub digest: String,
    /// What it shows: `before`, `after`, or a kind of document.
    pub slot: String,
    /// The version of the matter that declared it.
    pub since: u64,
    /// `waiting`, `arrived` or `erased`.
    #[schema(example = "arrived")]
    pub state: &'static str,
    /// When it was taken, as the device said.
    #[schema(value_type = Option<i64>)]
    pub taken_at: Option<Instant>,
    /// Metres from the place of the matter, as the device said.
    pub off_m: Option<u32>,
    /// When it arrived.
    #[schema(value_type = Option<i64>)]
    pub arrived_at: Option<Instant>,
    /// Media type of the original.
    pub media: Option<String>,
    /// Size of the original.
    pub bytes: Option<u64>,
    /// Width in pixels, upright.
    pub width_px: Option<u32>,
    /// Height in pixels, upright.
    pub height_px: Option<u32>,
    /// What a person should look at; none of it decides anything.
    pub flags: Vec<AttachedFlag>,
    /// Whether the caller may ask for the original.
    pub original: bool,
    /// What its camera said, for those who may ask for the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub camera: Option<Camera>,
    /// Whether somebody released it to the public, and who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
}

/// A covered copy of a photo that the public may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Released {
    /// SHA-256 of the covered copy: its name in `/api/v1/public/photos/{digest}`.
    pub photo: String,
    /// By whom.
    pub by: PersonId,
    /// When.
    #[schema(value_type = i64)]
    pub at: Instant,
    /// `covered` or `nothing_to_cover`.
    pub statement: String,
    /// Whether the public sees it now: its matter is closed and published, and photos are on.
    pub shown: bool,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AttachedFlag {
    /// Camera and phone were in different places.
    PlaceDiffers {
        /// How far apart, metres.
        off_m: u32,
    },
    /// They were in one place, if one of them reads in another datum than it says.
    DatumDiffers {
        /// How far apart they seem, metres.
        off_m: u32,
        /// The datum that one of them was in.
        #[schema(value_type = String)]
        datum: Datum,
    },
    /// Camera and phone say different times.
    TimeDiffers {
        /// How much later the phone says it was, milliseconds.
        off_ms: i64,
    },
    /// It looks like a photo that came earlier.
    LooksLike {
        /// In how many bits of 64 the two looks differ.
        bits: u32,
        /// SHA-256 of the earlier one, where the caller may see it.
        digest: Option<String>,
        /// Matters with the earlier one that the caller may see.
        #[schema(value_type = Vec<String>)]
        matters: Vec<MatterId>,
    },
    /// The very same file was used for another matter before.
    UsedBefore {
        /// Those that the caller may see.
        #[schema(value_type = Vec<String>)]
        matters: Vec<MatterId>,
    },
}

/// A file that a viewer sees, and as how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The file.
    pub file: KnownFile,
    /// What is known about it, where it is a picture.
    pub picture: Option<KnownPicture>,
    /// The matter for which the original may be shown to the viewer.
    pub original_for: Option<MatterId>,
}

/// What there is under a digest for a viewer.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Nothing, or nothing for the viewer.
    Nothing,
    /// A matter waits for it.
    Waiting,
    /// A file.
    File(Box<Seen>),
}

/// The files of a matter that a viewer sees; none where it is out of sight.
///
/// # Errors
/// As the database says.
pub fn of_matter(
    realm: &Realm,
    viewer: &Viewer,
    id: MatterId,
) -> Result<Option<Vec<Attached>>, Problem> {
    let rules = realm.rules();
    let found = realm.read(|db| bihuan_store::matter::seen(db, &rules, viewer, id))?;
    let Some(bihuan_store::matter::Seen { whole: matter, sight: seen, .. }) = found else {
        return Ok(None);
    };
    let Some(pack) = rules.pack_of(&matter) else { return Ok(None) };
    let shown = matter.files.iter().filter(|it| shows_file(pack, &matter, seen, &it.digest));
    let attached = shown.map(|it| attached(realm, &rules, viewer, &matter, it));
    attached.collect::<Result<_, _>>().map(Some)
}

fn attached(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    matter: &Matter,
    state: &FileState,
) -> Result<Attached, Problem> {
    let (known, picture) = realm.read(|db| {
        let known = file(db, &state.digest)?;
        let picture = picture(db, &state.digest)?;
        Ok((known, picture))
    })?;
    let naming = realm.read(|db| naming(db, &state.digest))?;
    let original = first_of(rules, viewer, &naming).is_some();
    let is_erased = known.as_ref().is_some_and(|it| it.erased_seq.is_some());
    let mut flags = Vec::new();
    let before = naming.iter().take_while(|it| it.id != matter.id);
    if before.clone().next().is_some() {
        let matters = visible(rules, viewer, before, &state.digest);
        flags.push(AttachedFlag::UsedBefore { matters });
    }
    // To whoever sees the matter from outside, a difference tells where and when it was taken.
    let is_inside = sight(rules, matter, viewer) >= Sight::Beside;
    for flag in picture.iter().filter(|_| is_inside).flat_map(|it| &it.flags) {
        flags.push(told(realm, rules, viewer, flag)?);
    }
    let released = realm.read(|db| bihuan_store::release::find(db, matter.id, &state.digest))?;
    let facts = picture.as_ref().and_then(|it| it.facts.as_ref());
    Ok(Attached {
        digest: state.digest.clone(),
        slot: state.slot.clone(),
        since: state.since,
        state: match (is_erased, state.arrived) {
            (true, _) => "erased",
            (false, true) => "arrived",
            (false, false) => "waiting",
        },
        taken_at: state.taken_at,
        off_m: state.off_m,
        arrived_at: known.as_ref().map(|it| it.arrived_at),
        media: known.as_ref().map(|it| it.media.clone()),
        bytes: known.as_ref().map(|it| it.bytes),
        width_px: picture.as_ref().map(|it| it.width_px),
        height_px: picture.as_ref().map(|it| it.height_px),
        flags,
        original: original && !is_erased,
        camera: facts.filter(|_| original).map(|it| it.camera.clone()),
        released: released.filter(|_| is_inside).map(|it| Released {
            photo: it.copy,
            by: it.person,
            at: it.at,
            statement: it.statement,
            shown: is_public(rules, matter, viewer.now()),
        }),
    })
}

/// A flag as a viewer may know it: of another photo only what the viewer sees of it.
fn told(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    flag: &Flag,
) -> Result<AttachedFlag, Problem> {
    Ok(match flag {
        Flag::PlaceDiffers { off_m } => AttachedFlag::PlaceDiffers { off_m: *off_m },
        Flag::DatumDiffers { off_m, datum } => {
            AttachedFlag::DatumDiffers { off_m: *off_m, datum: *datum }
        }
        Flag::TimeDiffers { off_ms } => AttachedFlag::TimeDiffers { off_ms: *off_ms },
        Flag::LooksLike { digest, bits } => {
            let naming = realm.read(|db| naming(db, digest))?;
            let matters = visible(rules, viewer, naming.iter(), digest);
            let digest = (!matters.is_empty()).then(|| digest.clone());
            AttachedFlag::LooksLike { bits: *bits, digest, matters }
        }
    })
}

/// Whether the public may see released photos of a matter: it was cleared, and its pack publishes.
#[must_use]
pub fn is_public(rules: &Rules, matter: &Matter, now: Instant) -> bool {
    let seen = sight(rules, matter, &Viewer::public(now));
    seen == Sight::Published && matter.standing.is == Meaning::Closed
}

fn shows(rules: &Rules, viewer: &Viewer, matter: &Matter, digest: &str) -> bool {
    let seen = sight(rules, matter, viewer);
    let pack = rules.pack_of(matter).filter(|_| seen != Sight::Nothing);
    pack.is_some_and(|it| shows_file(it, matter, seen, digest))
}

fn visible<'a>(
    rules: &Rules,
    viewer: &Viewer,
    matters: impl Iterator<Item = &'a Matter>,
    digest: &str,
) -> Vec<MatterId> {
    let shown = matters.filter(|it| shows(rules, viewer, it, digest));
    shown.map(|it| it.id).take(OTHERS_MAX).collect()
}

/// The matter for which a viewer may be shown the original: the one that named it first, where the
/// viewer is a person on its case.
fn first_of(rules: &Rules, viewer: &Viewer, naming: &[Matter]) -> Option<MatterId> {
    let first = naming.first().filter(|_| viewer.via() == Via::Person)?;
    (sight(rules, first, viewer) == Sight::OnCase).then_some(first.id)
}

/// Whether a file came by a link for a matter that the viewer fixes or is on the case of: it is
/// looked at before somebody of the unit declares it.
fn is_proposed(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    digest: &str,
) -> Result<bool, Problem> {
    let ids = realm.read(|db| bihuan_store::link::matters_of(db, digest))?;
    for id in ids {
        let matter = realm.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), id))?;
        if matter.is_some_and(|it| sight(rules, &it, viewer) >= Sight::Fixing) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What there is under a digest for a viewer.
///
/// # Errors
/// As the database says.
pub fn find(realm: &Realm, viewer: &Viewer, digest: &str) -> Result<Found, Problem> {
    let rules = realm.rules();
    let naming = realm.read(|db| naming(db, digest))?;
    let is_seen = naming.iter().any(|it| shows(&rules, viewer, it, digest));
    if !is_seen && !is_proposed(realm, &rules, viewer, digest)? {
        return Ok(Found::Nothing);
    }
    let Some(file) = realm.read(|db| file(db, digest))? else { return Ok(Found::Waiting) };
    let picture = realm.read(|db| picture(db, digest))?;
    let original_for = first_of(&rules, viewer, &naming);
    Ok(Found::File(Box::new(Seen { file, picture, original_for })))
}
