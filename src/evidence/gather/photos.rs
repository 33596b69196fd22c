//! Pictures that a case or a record of its visits names, each once. What is not
//! there is told: a package lacks nothing without saying so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Gather, Sources, utc};
use crate::base::LedgerError;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::evidence::Photo;
use crate::evidence::manifest::LeftOut;
use crate::media::{Kind, Sha256Hex};

/// `of_visits`: SHA-256 of pictures, each with where it comes from.
pub(super) async fn read<L: Sources + ?Sized>(
    from: &Gather<'_, L>,
    file: &CaseFile,
    of_visits: &[(String, Value)],
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Photo>, LedgerError> {
    let of_case = file.standing().filter_map(|entry| match &entry.fact {
        Fact::Photo(photo) => {
            let origin = json!({"entry": entry.id, "shows": photo.shows});
            Some((photo.media.clone(), photo.caption.clone(), origin))
        }
        _ => None,
    });
    let of_visits = of_visits.iter();
    let of_visits = of_visits.map(|(hash, origin)| (hash.clone(), String::new(), origin.clone()));
    let (mut photos, mut met) = (Vec::new(), BTreeSet::new());
    for (named, caption, origin) in of_case.chain(of_visits) {
        if !met.insert(named.clone()) {
            continue;
        }
        match one(from, &named, &caption, &origin).await? {
            Some((photo, whole)) => {
                left_out.extend((!whole).then(|| without_original(&named)));
                photos.push(photo);
            }
            None => left_out.push(not_there(&named)),
        }
    }
    Ok(photos)
}

/// A photo, and whether it is the original: of a buyer's the picture alone is kept.
async fn one<L: Sources + ?Sized>(
    from: &Gather<'_, L>,
    named: &str,
    caption: &str,
    origin: &Value,
) -> Result<Option<(Photo, bool)>, LedgerError> {
    let Some(hash) = Sha256Hex::parse(named) else { return Ok(None) };
    let Some(media) = from.ledger.media(&hash).await? else { return Ok(None) };
    let disk = |error: std::io::Error| {
        LedgerError::Unavailable(format!("a photo was not looked for: {error}"))
    };
    let whole = from.media.has(&media.original).await.map_err(disk)?;
    let (file, ending) = match whole {
        true => (media.original, ending(media.kind)),
        false if from.media.has(&media.shown).await.map_err(disk)? => (media.shown, "jpg"),
        false => return Ok(None),
    };
    let about = json!({
        "from": origin, "added_by": media.added_by, "added_at": utc(media.added_at),
        "original_sha256": named, "is_original": whole, "original_bytes": media.bytes,
        "width": media.width, "height": media.height, "exif": media.exif,
    });
    let photo = Photo {
        sha256: file.to_string(),
        ending,
        path: from.media.path(&file),
        caption: caption.to_owned(),
        about,
    };
    Ok(Some((photo, whole)))
}

const fn ending(kind: Kind) -> &'static str {
    match kind {
        Kind::Jpeg => "jpg",
        Kind::Png => "png",
        Kind::WebP => "webp",
    }
}

fn without_original(photo: &str) -> LeftOut {
    LeftOut {
        what: format!("original of the photo {photo}"),
        why_zh: format!(
            "消费者提交的照片 {photo}：系统接收时已去除元数据并重新编码，原始文件未保存，\
             证据包内为重新编码后的图像"
        ),
        why_en: "a buyer sent it: its picture alone was kept, without what the camera wrote"
            .to_owned(),
    }
}

fn not_there(photo: &str) -> LeftOut {
    LeftOut {
        what: format!("photo {photo}"),
        why_zh: format!(
            "案卷或现场记录提到的照片 {photo}：制作时系统内没有（尚未上传，或文件缺失）"
        ),
        why_en: "the case or a record of a visit names it, and it had not come in, or is lost"
            .to_owned(),
    }
}
