// Runs in the browser: what a page shows, as a reader's eyes would measure it. Each function gives back what is wrong.

/** Every text that is seen, with its place and element; what an element cuts off is not seen. */
function textsSeen() {
    const texts = [];
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: element, textContent } = walker.currentNode;
        const hidden = element.closest("style, script, title, head") !== null;
        if (hidden || textContent.trim() === "" || getComputedStyle(element).visibility === "hidden") {
            continue;
        }
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const frame = element.getBoundingClientRect();
        const cuts = getComputedStyle(element).overflow === "hidden";
        for (const rect of range.getClientRects()) {
            const right = cuts ? Math.min(rect.right, frame.right) : rect.right;
            if (right - rect.left > 1 && right > 0) {
                texts.push({
                    text: textContent.trim(),
                    element,
                    left: rect.left,
                    right,
                    top: rect.top,
                    bottom: rect.bottom,
                });
            }
        }
    }
    return texts;
}

/** Texts that lie on each other, by more than a pixel. */
function overlaps() {
    const texts = textsSeen().sort((a, b) => a.top - b.top);
    const found = [];
    texts.forEach((a, at) => {
        for (const b of texts.slice(at + 1)) {
            if (b.top >= a.bottom - 1) {
                break;
            }
            // A text that is cut short has a second place of its own, for the ellipsis.
            if (a.element !== b.element && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1) {
                found.push(`${a.text} / ${b.text}`);
            }
        }
    });
    return { looked: texts.length, found };
}

/** Texts that leave the page, or the box that they begin in. */
function leaving() {
    const width = document.documentElement.clientWidth;
    const boxes = [...document.querySelectorAll("rect.box, button")].map((box) => box.getBoundingClientRect());
    const found = textsSeen().filter(({ left, right, top }) => {
        const box = boxes.find((one) => one.left <= left && left < one.right && one.top <= top && top < one.bottom);
        return right > width + 1 || (box !== undefined && right > box.right + 1);
    });
    return { looked: boxes.length, found: found.map(({ text }) => text) };
}

/** How far the page is wider than the window, in pixels. */
function overflow() {
    return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** A colour as red, green and blue. */
function rgb(colour) {
    return colour.match(/[\d.]+/g).map(Number);
}

/** Luminance and contrast as WCAG 2.2 defines them. */
function contrast(one, other) {
    const luminance = (colour) =>
        rgb(colour)
            .slice(0, 3)
            .map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
            .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
}

/** The colour behind an element: of the nearest box of a picture, or of the nearest element that has one. */
function ground(element) {
    const box = element.namespaceURI.endsWith("/svg") ? element.parentElement.querySelector(":scope > rect.box") : null;
    if (box !== null) {
        return getComputedStyle(box).fill;
    }
    for (let at = element; at !== null; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (rgb(colour)[3] !== 0) {
            return colour;
        }
    }
    const paper = document.querySelector("svg > rect");
    return paper === null ? "rgb(255, 255, 255)" : getComputedStyle(paper).fill;
}

/** Texts with less than 4.5:1 to what is behind them. */
function faint() {
    const seen = textsSeen();
    const found = seen.filter(({ element }) => {
        const style = getComputedStyle(element);
        const ink = element.namespaceURI.endsWith("/svg") ? style.fill : style.color;
        return contrast(ink, ground(element)) < 4.5;
    });
    return { looked: seen.length, found: found.map(({ text }) => text) };
}

/** Element with the focus, its text, and whether it can be seen. */
function focused() {
    const element = document.activeElement;
    const more = element.nextElementSibling;
    const shown = more?.matches(".more") && more.checkVisibility({ visibilityProperty: true }) ? more.innerText : "";
    const [at, on] = [element.getBoundingClientRect(), shown === "" ? undefined : more.getBoundingClientRect()];
    const outside = at.top < 0 || at.bottom > innerHeight || at.left < 0 || at.right > innerWidth;
    const under =
        on !== undefined && at.bottom > on.top && at.top < on.bottom && at.right > on.left && at.left < on.right;
    return { id: element.id, text: element.innerText ?? "", shown, covered: outside || under };
}
