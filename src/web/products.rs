//! The products of an enterprise: typed views of the console's pages.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};
use crate::web::lists::ListView;
use crate::web::text::Text;

/// Words for a category of `registry::CATEGORIES`.
pub fn category(slug: &str) -> Text {
    match slug {
        "liquor" => Text("酒类", "liquor"),
        "meat" => Text("肉制品", "meat"),
        "oil" => Text("食用油", "oil"),
        "food" => Text("其他食品", "other food"),
        _ => Text("其他", "other"),
    }
}

/// The fields of a product, to register or to correct.
pub struct ProductForm {
    pub gtin: Typed,
    pub name_zh: Typed,
    pub name_en: Typed,
    pub categories: Vec<Choice>,
    pub category_error: Option<String>,
    pub standard: Typed,
    pub net_content: Typed,
    pub shelf_life_days: Typed,
}

#[derive(Template)]
#[template(path = "console/products.html")]
pub struct ProductsPage {
    pub f: Frame,
    pub list: ListView,
    /// For planners.
    pub form: Option<ProductForm>,
}

#[derive(Template)]
#[template(path = "console/product.html")]
pub struct ProductPage {
    pub f: Frame,
    pub name: String,
    pub gtin: String,
    /// As it stands under the bar code.
    pub printed: String,
    pub form: ProductForm,
}
