//! Writing: `remember` beside the same statements without the product.

pub(crate) async fn measure() {}
