//! The outline of a JPEG file (ITU-T T.81, annex B), walked before anything is
//! decoded: where the picture ends and how often it is gone over.

/// Scans of one picture. A progressive one has about ten; each makes a decoder
/// go over every block again, however few bytes it takes.
const SCANS_MAX: u32 = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends before its picture does, or is none.
    Broken,
    /// So many scans that decoding it is work without end.
    Bomb,
}

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// Walks to the end of the picture; what a telephone puts behind it (a second
/// picture, a short film) is not looked at.
pub(super) fn walk(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.get(..2) != Some(&[0xff, SOI]) {
        return Err(Fault::Broken);
    }
    let (mut at, mut scans) = (2, 0);
    loop {
        let (marker, behind) = marker(bytes, at).ok_or(Fault::Broken)?;
        match marker {
            EOI if scans > 0 => return Ok(()),
            EOI => return Err(Fault::Broken),
            SOS => {
                scans += 1;
                if scans > SCANS_MAX {
                    return Err(Fault::Bomb);
                }
                at = data_end(bytes, segment_end(bytes, behind)?)?;
            }
            // TEM and restarts have no length.
            0x01 | 0xd0..=0xd7 => at = behind,
            _ => at = segment_end(bytes, behind)?,
        }
    }
}

/// The marker at `at`, whatever fill bytes stand before it.
fn marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(at..)?;
    let fill = rest.iter().take_while(|b| **b == 0xff).count();
    let marker = *rest.get(fill)?;
    (fill > 0 && marker != 0).then_some((marker, at + fill + 1))
}

fn segment_end(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let length = bytes.get(at..at + 2).ok_or(Fault::Broken)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let end = at + length;
    if length < 2 || end > bytes.len() { Err(Fault::Broken) } else { Ok(end) }
}

/// Where the next marker stands behind entropy-coded data, in which a zero or a
/// restart follows every 0xff.
fn data_end(bytes: &[u8], mut at: usize) -> Result<usize, Fault> {
    loop {
        let rest = bytes.get(at..).ok_or(Fault::Broken)?;
        at += rest.iter().position(|b| *b == 0xff).ok_or(Fault::Broken)?;
        match bytes.get(at + 1) {
            None => return Err(Fault::Broken),
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            // A fill byte: the next one may begin a marker.
            Some(0xff) => at += 1,
            Some(_) => return Ok(at),
        }
    }
}
