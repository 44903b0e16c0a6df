//! Why a picture is refused, in a stable word and in both languages.

use bihuan_core::text::Text;
use serde::{Deserialize, Serialize};

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// More than [`super::PICTURE_BYTES_MAX`] bytes.
    #[error("the picture has more than 20 MB")]
    TooLarge,
    /// More than [`super::PIXELS_MAX`] pixels, or a side longer than [`super::SIDE_MAX`].
    #[error("the picture has more than 40 million pixels")]
    TooManyPixels,
    /// A drawing in XML, which can carry programs.
    #[error("SVG is not taken")]
    Svg,
    /// A GIF.
    #[error("GIF is not taken")]
    Gif,
    /// A TIFF, or a raw picture that looks like one.
    #[error("TIFF is not taken")]
    Tiff,
    /// An HEIC, HEIF or AVIF.
    #[error("HEIC is not taken")]
    Heic,
    /// A film.
    #[error("moving pictures are not taken")]
    Animated,
    /// Nothing that we know as a picture.
    #[error("this is no picture")]
    Unknown,
    /// It says it is one, but cannot be read.
    #[error("the picture cannot be read")]
    Broken,
}

impl Refused {
    /// A stable word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Refused::TooLarge => "picture_too_large",
            Refused::TooManyPixels => "picture_too_many_pixels",
            Refused::Svg => "picture_svg",
            Refused::Gif => "picture_gif",
            Refused::Tiff => "picture_tiff",
            Refused::Heic => "picture_heic",
            Refused::Animated => "picture_animated",
            Refused::Unknown => "picture_unknown",
            Refused::Broken => "picture_broken",
        }
    }

    /// What is wrong and what to do, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Refused::TooLarge => {
                Text::new("照片超过20MB，请压缩后再传", "more than 20 MB; send a smaller one")
            }
            Refused::TooManyPixels => Text::new(
                "照片超过4000万像素，请调低分辨率重拍",
                "more than 40 million pixels; take it with a lower resolution",
            ),
            Refused::Heic => Text::new(
                "不支持HEIC，请在手机相机设置中改为“兼容性最佳”（JPEG）",
                "HEIC is not taken; set the camera of the phone to JPEG (most compatible)",
            ),
            Refused::Svg | Refused::Gif | Refused::Tiff | Refused::Animated | Refused::Unknown => {
                Text::new("只支持JPEG、PNG、WebP静态图片", "send a still JPEG, PNG or WebP")
            }
            Refused::Broken => Text::new(
                "照片损坏，无法读取，请重新拍摄",
                "the picture cannot be read; take it again",
            ),
        }
    }
}
