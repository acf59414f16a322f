/**
 * What is wrong with how the screen is laid out, in sentences. Evaluated in the page by layout.py.
 *
 * Controls and words that overlap, or lie under something else; what reaches beyond the screen; and
 * whether the page as a whole would have to be scrolled. What its container scrolls away is not
 * looked at.
 */
() => {
    const ALLOWED_PX = 4; // in both directions: rounding, and the air around letters
    const faults = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} px wide`);
    if (page.scrollHeight > innerHeight) faults.push(`the page is ${page.scrollHeight} px high`);

    const named = (e) => `${e.tagName.toLowerCase()}#${e.id || e.parentElement?.id} "${
        (e.ariaLabel || e.innerText || e.value || '').trim().slice(0, 30)}"`;
    // The part of an element that is in view: what its ancestors scroll away is not.
    const seen = (e) => {
        let { left, top, right, bottom } = e.getBoundingClientRect();
        for (let a = e.parentElement; a; a = a.parentElement) {
            const { overflowX, overflowY, clipPath } = getComputedStyle(a);
            if (clipPath !== 'none') return null;
            if (overflowX === 'visible' && overflowY === 'visible') continue;
            const box = a.getBoundingClientRect();
            left = Math.max(left, box.left); right = Math.min(right, box.right);
            top = Math.max(top, box.top); bottom = Math.min(bottom, box.bottom);
        }
        left = Math.max(left, 0); right = Math.min(right, innerWidth);
        top = Math.max(top, 0); bottom = Math.min(bottom, innerHeight);
        return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
    };
    const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && getComputedStyle(e).clipPath === 'none' && e.getClientRects().length > 0;
    const selector = 'button, a[href], input, select, textarea, summary';
    const controls = [...document.querySelectorAll(selector)]
        .filter(visible)
        .map((element) => ({ element, box: seen(element) }))
        .filter(({ box }) => box);
    for (const { element, box } of controls) {
        const x = (box.left + box.right) / 2;
        const y = (box.top + box.bottom) / 2;
        const hit = document.elementFromPoint(x, y);
        // A toast goes by itself, and can be sent away.
        const isThere = hit && (element.contains(hit) || hit.contains(element));
        if (!isThere && !hit?.closest('#toast')) {
            faults.push(`${named(element)} lies under ${hit ? named(hit) : 'nothing'}`);
        }
        const whole = element.getBoundingClientRect();
        if (whole.left < -1 || whole.right > innerWidth + 1) {
            faults.push(`${named(element)} reaches beyond the side of the screen`);
        }
    }
    const common = (a, b) =>
        Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left),
                 Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
    for (const [i, one] of controls.entries()) {
        for (const other of controls.slice(i + 1)) {
            const nested =
                one.element.contains(other.element) || other.element.contains(one.element);
            if (!nested && common(one.box, other.box) > ALLOWED_PX) {
                faults.push(`${named(one.element)} and ${named(other.element)} overlap`);
            }
        }
    }
    const words = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode;
        if (!text.data.trim() || !visible(text.parentElement)) continue;
        const part = seen(text.parentElement);
        if (!part) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const { textOverflow, pointerEvents } = getComputedStyle(text.parentElement);
        for (const line of range.getClientRects()) {
            if (textOverflow !== 'ellipsis' && line.right > innerWidth + 1) {
                faults.push(`"${text.data.trim()}" reaches beyond the side of the screen`);
            }
            const box = {
                left: Math.max(line.left, part.left), right: Math.min(line.right, part.right),
                top: Math.max(line.top, part.top), bottom: Math.min(line.bottom, part.bottom),
            };
            const middle = document.elementFromPoint(
                (box.left + box.right) / 2, (box.top + box.bottom) / 2);
            // What lies under a sheet or a toast as a whole is not seen, and overlaps nothing.
            const isSeen = middle?.contains(text) || text.parentElement.contains(middle);
            if (isSeen || pointerEvents === 'none') {
                words.push({ text, box });
            }
        }
    }
    for (const { text, box } of words) {
        if (text.parentElement.closest('#toast')) continue;
        for (const control of controls) {
            if (!control.element.contains(text) && common(box, control.box) > ALLOWED_PX) {
                faults.push(`"${text.data.trim()}" and ${named(control.element)} overlap`);
            }
        }
    }
    for (const [i, one] of words.entries()) {
        for (const other of words.slice(i + 1)) {
            // A text that is cut by an ellipsis has its line twice.
            if (one.text !== other.text && common(one.box, other.box) > ALLOWED_PX) {
                faults.push(`"${one.text.data.trim()}" and "${other.text.data.trim()}" overlap`);
            }
        }
    }
    return faults;
}
