//! The products of an enterprise: typed views of the console's pages.

use askama::Template;

use crate::base::Lang;
use crate::registry::Product;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::text::Text;
use crate::web::verdict::named;

pub struct ProductLine {
    pub gtin: String,
    pub name: String,
    pub net_content: String,
    pub category: &'static str,
    pub standard: String,
    pub shelf_life_days: Option<u32>,
}

impl ProductLine {
    pub fn of(product: &Product, lang: Lang) -> Self {
        Self {
            gtin: product.gtin.to_string(),
            name: named(&product.name, lang).to_owned(),
            net_content: product.net_content.clone(),
            category: category(&product.category).of(lang),
            standard: product.standard.clone(),
            shelf_life_days: product.shelf_life_days,
        }
    }
}

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
    pub products: Vec<ProductLine>,
    /// For planners.
    pub form: Option<ProductForm>,
}

#[derive(Template)]
#[template(path = "console/product.html")]
pub struct ProductPage {
    pub f: Frame,
    pub name: String,
    pub gtin: String,
    pub form: ProductForm,
}
