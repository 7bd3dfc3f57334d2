/*
 * Looks at a page as people do, in headless Chromium, which it drives by the
 * DevTools protocol over a pipe:
 *
 *	node page_look.mjs BROWSER AXE.js URL FOLDER
 *
 * Writes a screenshot a look to FOLDER; prints a line each of what it saw, as
 * NAME key=value..., and on stderr what was wrong in detail.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [browserPath, axePath, url, folder] = process.argv.slice(2);
const axe = readFileSync(axePath, "utf8");
const looks = [
	{ name: "phone-light", width: 320, height: 640, scheme: "light" },
	{ name: "phone-dark", width: 390, height: 844, scheme: "dark" },
	{ name: "desktop-light", width: 1280, height: 800, scheme: "light" },
	{ name: "desktop-dark", width: 1440, height: 900, scheme: "dark" },
];

const profile = mkdtempSync(join(tmpdir(), "page-look-"));
const browser = spawn(browserPath, ["--headless=new", "--no-sandbox",
	"--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
	"--disable-background-networking", "--disable-component-update",
	"--disable-sync", "--disable-extensions", "--hide-scrollbars",
	"--user-data-dir=" + profile, "--remote-debugging-pipe", "about:blank"],
	{ stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const gone = new Promise((done) => browser.on("exit", done));

/* Commands and their answers; events go to who listens in that session. */
const waiting = new Map();
const listeners = new Map();
let lastId = 0;
let unread = "";

browser.stdio[4].on("data", function (data) {
	const parts = (unread + data.toString()).split("\0");
	unread = parts.pop();
	for (const part of parts) {
		const m = JSON.parse(part);
		if (m.id === undefined) {
			listeners.get(m.sessionId)?.(m.method, m.params);
			continue;
		}
		const [done, failed] = waiting.get(m.id);
		waiting.delete(m.id);
		m.error ? failed(new Error(m.error.message)) : done(m.result);
	}
});

function send(sessionId, method, params) {
	const id = ++lastId;
	browser.stdio[3].write(
		JSON.stringify({ id, sessionId, method, params }) + "\0");
	return new Promise((...both) => waiting.set(id, both));
}

async function openTab() {
	const { targetId } = await send(undefined, "Target.createTarget",
		{ url: "about:blank" });
	const { sessionId } = await send(undefined, "Target.attachToTarget",
		{ targetId, flatten: true });
	const tab = {
		requests: [],
		complaints: [],
		send: (method, params) => send(sessionId, method, params),
	};
	tab.loaded = new Promise(function (done) {
		listeners.set(sessionId, function (method, params) {
			if (method === "Page.loadEventFired")
				done();
			else
				note(tab, method, params);
		});
	});
	for (const domain of ["Page", "Runtime", "Log", "Network"])
		await tab.send(domain + ".enable");
	return tab;
}

function note(tab, method, params) {
	if (method === "Network.requestWillBeSent")
		tab.requests.push(params.request.url);
	else if (method === "Runtime.exceptionThrown")
		tab.complaints.push(params.exceptionDetails.text);
	else if (method === "Runtime.consoleAPICalled")
		tab.complaints.push(JSON.stringify(params.args));
	else if (method === "Log.entryAdded")
		tab.complaints.push(params.entry.text);
}

/* An expression of the page's, its promise awaited. */
async function ask(tab, expression) {
	const answer = await tab.send("Runtime.evaluate",
		{ expression, awaitPromise: true, returnByValue: true });
	if (answer.exceptionDetails)
		throw new Error(JSON.stringify(answer.exceptionDetails));
	return answer.result.value;
}

async function go(tab, look) {
	await tab.send("Emulation.setDeviceMetricsOverride", {
		width: look.width, height: look.height, deviceScaleFactor: 1,
		mobile: look.width < 600 });
	await tab.send("Emulation.setEmulatedMedia", { features: [
		{ name: "prefers-color-scheme", value: look.scheme },
		{ name: "prefers-reduced-motion", value: "reduce" }] });
	await tab.send("Page.navigate", { url });
	await tab.loaded;
}

/* Of the rules that matter: those broken, each with the first element. */
async function audit(tab) {
	await ask(tab, axe + ";0");
	const found = await ask(tab, `axe.run().then((r) => ({
		passes: r.passes.length,
		broken: r.violations.map((v) => v.impact + " " + v.id + ": " +
			v.nodes[0].html + " " + v.nodes[0].failureSummary) }))`);
	for (const b of found.broken)
		process.stderr.write("axe: " + b + "\n");
	found.grave = found.broken.filter((b) => /^(serious|critical)/.test(b));
	return found;
}

/* What the script of the page does, as a user would find it. */
const useIt = `(function () {
	const rows = () => [...document.querySelectorAll("tbody tr")];
	const names = () => rows().filter((r) => !r.hidden)
		.map((r) => r.querySelector(".name").textContent).join();
	const form = document.forms[0], words = form.elements.words;
	const type = (text) => {
		words.value = text;
		words.dispatchEvent(new Event("input"));
		return rows().filter((r) => !r.hidden).length;
	};
	const before = names();
	const button = [...document.querySelectorAll("thead button")][1];
	button.click();
	const sorted = names();
	button.click();
	const back = names();
	return {
		rows: rows().length,
		copies: document.querySelectorAll("button.take").length,
		codes: document.querySelectorAll(".copy").length,
		sorted: before !== sorted && sorted !== back &&
			document.querySelectorAll("[aria-sort]").length === 1,
		none: type("nobody-has-this-name"),
		some: type(rows()[0].querySelector(".name").textContent),
		all: type(""),
		cards: getComputedStyle(rows()[0]).display === "grid",
		dark: getComputedStyle(document.body).backgroundColor
			.match(/[0-9]+/g).every((n) => n < 128),
		over: document.scrollingElement.scrollWidth - innerWidth,
	};
}())`;

async function take(look) {
	const tab = await openTab();
	await go(tab, look);
	const shot = await tab.send("Page.captureScreenshot",
		{ captureBeyondViewport: true });
	writeFileSync(join(folder, look.name + ".png"),
		Buffer.from(shot.data, "base64"));
	const found = await audit(tab);
	const used = await ask(tab, useIt);
	const elsewhere = tab.requests.filter((r) => r !== url &&
		!r.startsWith("data:"));
	for (const r of [...tab.complaints, ...elsewhere])
		process.stderr.write(look.name + ": " + r + "\n");
	console.log(look.name, "complaints=" + tab.complaints.length,
		"requests=" + tab.requests.length,
		"elsewhere=" + elsewhere.length,
		"rules=" + found.passes, "grave=" + found.grave.length,
		...Object.entries(used).map(([k, v]) => k + "=" + v));
}

/* All there is to read, and nothing that would not work. */
async function withoutScript() {
	const tab = await openTab();
	await tab.send("Emulation.setScriptExecutionDisabled", { value: true });
	await go(tab, looks[0]);
	const { root } = await tab.send("DOM.getDocument");
	const count = async (selector) => (await tab.send("DOM.querySelectorAll",
		{ nodeId: root.nodeId, selector })).nodeIds.length;
	console.log("plain rows=" + await count("tbody tr"),
		"buttons=" + await count("button"),
		"hidden=" + await count("form[hidden]"));
}

try {
	for (const look of looks)
		await take(look);
	await withoutScript();
} finally {
	await send(undefined, "Browser.close").catch(() => 0);
	await gone;
	rmSync(profile, { recursive: true, force: true });
}
