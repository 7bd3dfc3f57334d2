/* Copies, sorts, filters; all there is to read is there without it. */
(function () {
	"use strict";
	const one = (what, from) => (from || document).querySelector(what);
	const all = (what, from) =>
		Array.from((from || document).querySelectorAll(what));
	const form = one("form");
	const body = one("tbody");
	const rows = all("tr", body);
	const heads = all("thead th");
	const said = one("output");

	/* Country codes get their names, where the browser knows them. */
	function country(span) {
		try {
			const names = new Intl.DisplayNames(["en"], { type: "region" });
			span.title = names.of(span.textContent);
		} catch (e) {
			/* a code that is none */
		}
	}

	/* The clipboard proper is there only with HTTPS. */
	function copy(text) {
		if (navigator.clipboard)
			return navigator.clipboard.writeText(text);
		const area = document.createElement("textarea");
		area.className = "behind";
		area.value = text;
		document.body.append(area);
		area.select();
		const done = document.execCommand("copy");
		area.remove();
		return done ? Promise.resolve() : Promise.reject();
	}

	function addCopy(code) {
		const button = document.createElement("button");
		const word = (w) => { button.textContent = w; };
		button.type = "button";
		button.className = "take";
		button.setAttribute("aria-label", "copy " + code.textContent);
		word("copy");
		button.addEventListener("click", function () {
			copy(code.textContent).then(() => word("copied"),
				() => word("cannot copy"));
			setTimeout(word, 2000, "copy");
		});
		code.after(button);
	}

	/* What a cell is sorted by: a number or a text. */
	function worth(row, column) {
		const cell = row.cells[column];
		return cell.dataset.sort !== undefined ?
			Number(cell.dataset.sort) : cell.textContent.toLowerCase();
	}

	function compare(a, b) {
		return typeof a === "number" ? a - b : a.localeCompare(b);
	}

	/* column -1: as they came, the best first. */
	function sort(column, down) {
		const sorted = rows.slice();
		if (column >= 0)
			sorted.sort((a, b) => (down ? -1 : 1) *
				compare(worth(a, column), worth(b, column)));
		body.append(...sorted);
		heads.forEach(function (head, i) {
			if (i === column)
				head.setAttribute("aria-sort",
					down ? "descending" : "ascending");
			else
				head.removeAttribute("aria-sort");
		});
	}

	/* More is better there, so it comes first. */
	const falling = (head) => /status|age|days/.test(head.className);

	function addSort(head, column) {
		const button = document.createElement("button");
		const option = new Option(head.textContent.toLowerCase(), column);
		button.type = "button";
		button.textContent = head.textContent;
		head.replaceChildren(button);
		form.elements.sort.append(option);
		button.addEventListener("click", function () {
			const was = head.getAttribute("aria-sort");
			sort(column, was ? was === "ascending" : falling(head));
			form.elements.sort.value = column;
		});
	}

	/* Each word must begin one of the row. */
	function filter() {
		const words = form.elements.words.value.toLowerCase().split(/\s+/);
		let shown = 0;
		rows.forEach(function (row) {
			const text = row.dataset.words;
			row.hidden = !words.every((w) => text.includes(" " + w));
			shown += !row.hidden;
		});
		said.textContent = shown === rows.length ? "" :
			shown + " of " + rows.length;
	}

	function wordsOf(row) {
		const titles = all("[title]", row).map((e) => e.title);
		return (" " + row.innerText + " " + titles.join(" "))
			.toLowerCase().replace(/[\s,()[\]]+/g, " ");
	}

	/* A copy somewhere that nobody renews any more. */
	const until = one(".until time");
	if (until && new Date(until.dateTime) < new Date())
		one(".stale").hidden = false;

	all(".country").forEach(country);
	rows.forEach((row) => { row.dataset.words = wordsOf(row); });
	all(".copy").forEach(addCopy);
	if (rows.length > 1) {
		heads.forEach(addSort);
		form.elements.words.addEventListener("input", filter);
		form.elements.sort.addEventListener("change", function () {
			const column = this.value === "" ? -1 : Number(this.value);
			sort(column, column >= 0 && falling(heads[column]));
		});
		form.addEventListener("submit", (e) => e.preventDefault());
		form.hidden = false;
	}
}());
