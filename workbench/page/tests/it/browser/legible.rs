//! Whether what is written on a page can be read.

use serde_json::Value as Json;

use super::Page;

/// Every piece of text that is shown, with its contrast to what is behind it
/// (WCAG 2, 1.4.3): from 1, invisible, to 21.
pub(crate) const CONTRASTS: &str = "(() => {
    const rgba = colour => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
        return [r, g, b, a];
    };
    const luminance = ([r, g, b]) => {
        const [red, green, blue] = [r, g, b].map(value => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (a, b) => {
        const [dark, light] = [luminance(a), luminance(b)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    // Colour over colour.
    const over = ([r, g, b, a], below) =>
        [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
    const seen = (element, colour, opacity = 1) => {
        const [r, g, b, a] = rgba(colour);
        for (let at = element; at; at = at.parentElement) opacity *= getComputedStyle(at).opacity;
        return [r, g, b, a * opacity];
    };
    const isShape = element => element instanceof SVGElement && !(element instanceof SVGSVGElement);
    const ink = element => {
        const style = getComputedStyle(element);
        return isShape(element) ? seen(element, style.fill, style.fillOpacity) : seen(element, style.color);
    };
    const paper = element => {
        const style = getComputedStyle(element);
        return isShape(element) ? ink(element) : seen(element, style.backgroundColor);
    };
    // All that is at a point but text, on the browser's white canvas.
    const behind = (x, y) =>
        document
            .elementsFromPoint(x, y)
            .filter(element => !element.closest('text'))
            .reduceRight((below, element) => over(paper(element), below), [255, 255, 255]);
    const texts = [];
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (!node.data.trim() || node.parentElement.closest('style, script, title, desc')) continue;
        // (What is folded up has a box, too.)
        if (!node.parentElement.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const below = behind(box.x + box.width / 2, box.y + box.height / 2);
        texts.push([node.data.trim(), contrast(over(ink(node.parentElement), below), below)]);
    }
    return texts;
})()";

/// Every text on the page stands out, and there are at least this many.
#[track_caller]
pub(crate) fn assert_legible(page: &mut Page<'_>, least: usize) {
    let texts = page.eval(CONTRASTS).unwrap();
    let texts = texts.as_array().unwrap();
    assert!(
        texts.len() >= least,
        "{} texts in {}",
        texts.len(),
        page.url()
    );
    let faint: Vec<&Json> = texts
        .iter()
        .filter(|text| text[1].as_f64().unwrap() < 4.5)
        .collect();
    assert!(faint.is_empty(), "{}: {faint:?}", page.url());
}
