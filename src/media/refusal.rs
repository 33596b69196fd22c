//! Why a photo is not taken, in words for whoever sent it.

use crate::base::Lang;
use crate::media::kind::Other;
use crate::media::{PHOTO_BYTES_MAX, PHOTO_PIXELS_MAX, PHOTO_SIDE_PX_MAX};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the file is empty")]
    Empty,
    #[error("the file is longer than {PHOTO_BYTES_MAX} bytes")]
    TooLong,
    #[error("the file is {0:?}, no photo that is taken")]
    Kind(Other),
    #[error("the sender calls it no picture")]
    Claim,
    #[error("{width} by {height} pixels are too many")]
    TooManyPixels { width: u32, height: u32 },
    #[error("it is made to take far more room than it says")]
    Bomb,
    #[error("it is something else beside a picture")]
    Disguised,
    #[error("it is cut short or damaged")]
    Broken,
}

impl Refusal {
    /// Stable name, for programs.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Kind(_) => "not_a_photo",
            Self::Claim => "claimed_otherwise",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::Bomb => "bomb",
            Self::Disguised => "disguised",
            Self::Broken => "broken",
        }
    }

    /// What is wrong and what to do.
    pub fn text(self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(self) -> String {
        let mib = PHOTO_BYTES_MAX >> 20;
        let millions = PHOTO_PIXELS_MAX / 1_000_000;
        match self {
            Self::Empty => "文件是空的，请重新选择照片。".to_owned(),
            Self::TooLong => format!("照片超过{mib} MB，请选小一些的，或用截图代替。"),
            Self::Kind(other) => kind_zh(other).to_owned(),
            Self::Claim => "这个文件不是照片，请选择JPEG、PNG或WebP格式的照片。".to_owned(),
            Self::TooManyPixels { width, height } => format!(
                "照片有{width}×{height}像素，最多{millions}百万像素、单边{PHOTO_SIDE_PX_MAX}像素。\
                 请用普通模式重拍，或用截图代替。"
            ),
            Self::Bomb => "这个文件展开后远超它本身的大小，不予接收。请换一张照片。".to_owned(),
            Self::Disguised => {
                "这个文件除照片外还夹带了别的内容，不予接收。请用相机直接拍摄。".to_owned()
            }
            Self::Broken => "照片不完整或已损坏，请重新拍摄或重新选择。".to_owned(),
        }
    }

    fn en(self) -> String {
        let mib = PHOTO_BYTES_MAX >> 20;
        let millions = PHOTO_PIXELS_MAX / 1_000_000;
        match self {
            Self::Empty => "The file is empty; choose the photo again.".to_owned(),
            Self::TooLong => format!(
                "The photo is longer than {mib} MB; choose a smaller one, or take a screenshot of it."
            ),
            Self::Kind(other) => kind_en(other).to_owned(),
            Self::Claim => "This file is no photo; choose a JPEG, PNG or WebP.".to_owned(),
            Self::TooManyPixels { width, height } => format!(
                "The photo has {width} by {height} pixels; at most {millions} million and \
                 {PHOTO_SIDE_PX_MAX} along a side are taken. Take it again in the ordinary mode, \
                 or take a screenshot of it."
            ),
            Self::Bomb => "Unpacked, this file would be far larger than it is; it is not taken. \
                           Choose another photo."
                .to_owned(),
            Self::Disguised => "This file carries something else beside the photo; it is not \
                                taken. Take the photo with the camera itself."
                .to_owned(),
            Self::Broken => {
                "The photo is cut short or damaged; take it or choose it again.".to_owned()
            }
        }
    }
}

const fn kind_zh(other: Other) -> &'static str {
    match other {
        Other::Heic | Other::Avif => {
            "暂不支持HEIC照片。请在苹果手机的“设置-相机-格式”中选“兼容性最佳”后重拍，或上传照片的截图。"
        }
        Other::Gif => "暂不支持GIF动图，请上传JPEG、PNG或WebP格式的照片。",
        Other::Svg => "不接收SVG图形，请上传JPEG、PNG或WebP格式的照片。",
        Other::Video => "这是视频，请上传照片；可以截取视频中的画面。",
        Other::Pdf | Other::Archive => "这不是照片而是文档或压缩包，请逐张上传照片。",
        Other::Tiff | Other::Bmp | Other::Page | Other::Unknown => {
            "无法识别这个文件，请上传JPEG、PNG或WebP格式的照片。"
        }
    }
}

const fn kind_en(other: Other) -> &'static str {
    match other {
        Other::Heic | Other::Avif => {
            "HEIC photos are not taken. On an iPhone choose Settings, Camera, Formats, Most \
             Compatible and take it again, or send a screenshot of the photo."
        }
        Other::Gif => "GIF animations are not taken; send a JPEG, PNG or WebP.",
        Other::Svg => "SVG drawings are not taken; send a JPEG, PNG or WebP.",
        Other::Video => "This is a film; send a photo, a still of the film for example.",
        Other::Pdf | Other::Archive => {
            "This is a document or an archive; send the photos one by one."
        }
        Other::Tiff | Other::Bmp | Other::Page | Other::Unknown => {
            "This file is no photo that is known here; send a JPEG, PNG or WebP."
        }
    }
}
