// census lists what a document holds that no page of ours does: elements and attributes that can only be outside text that
// became markup. It runs in the page itself, and on documents that the browser has parsed for it.
(doc) => {
  const found = [];
  const base = new URL(doc.URL && doc.URL !== "about:blank" ? doc.URL : location.href);
  const isFile = base.protocol === "file:";
  const isProvider = base.pathname.startsWith("/getKeys/"); // the simulator's page has one style, in its head
  const never = new Set(("iframe frame frameset object embed applet base portal fencedframe math marquee video audio source track picture image " +
    "foreignobject animate set discard param keygen isindex layer bgsound xmp plaintext listing noembed noframes font center").split(" "));
  const drawn = new Set("svg use symbol path circle rect polyline polygon g".split(" "));
  const forbidden = /^on|^(srcdoc|srcset|background|poster|ping|nonce|is|shadowrootmode|xlink:href|accesskey|contenteditable|http-equiv|integrity|manifest)$/;
  const ours = /^(id|name|class|for|form|popovertarget|data-part|data-key|data-do|data-swap|data-tab|role|rel|target|type|list|aria-controls|aria-labelledby)$/;
  const fromData = /Zq\d|__tripped/;
  const names = /^(viewport|color-scheme|robots|started|referrer)$/;
  const within = (url) => {
    try {
      return new URL(url, base).origin === base.origin;
    } catch {
      return false;
    }
  };
  const isHTML = (node) => node.namespaceURI === "http://www.w3.org/1999/xhtml";

  function element(node) {
    const tag = node.localName.toLowerCase();
    const say = (what) => found.push(`${tag} ${what}: ${node.outerHTML.slice(0, 160)}`);
    const inHead = node.parentElement?.localName === "head" && node.ownerDocument === doc;
    if (never.has(tag)) say("is there");
    else if (isHTML(node) && node instanceof HTMLUnknownElement && tag !== "ty-unknown") say("is unknown");
    else if (!isHTML(node) && !drawn.has(tag)) found.push(`svg ${tag}: ${node.outerHTML.slice(0, 160)}`);
    if (tag === "script" && !(inHead && within(node.src) && new URL(node.src, base).pathname.startsWith("/assets/") && !node.textContent)) say("is there");
    if (tag === "style" && !((isFile || (isProvider && node === doc.querySelector("style"))) && inHead)) say("is there");
    if (tag === "link" && !(inHead && within(node.href) && new URL(node.href, base).pathname.startsWith("/assets/"))) say("is there");
    if (tag === "meta" && !(inHead && (node.hasAttribute("charset") || names.test(node.name) || (isFile && node.httpEquiv === "Content-Security-Policy" && node.previousElementSibling?.hasAttribute("charset"))))) say("is there");
    for (const { name, value } of node.attributes) {
      const told = (why) => say(`${name} ${why}`);
      if (forbidden.test(name) && !(tag === "meta" && isFile)) told("is there");
      if (ours.test(name) && fromData.test(value)) told("is from data");
      if (name === "style" && !/^[\w\s:;.%(),-]*$/.test(value.replaceAll("url(", "!"))) told("is odd");
      if (name === "src" && tag !== "script" && !(within(value) && new URL(value, base).pathname.startsWith("/assets/"))) told("leads elsewhere");
      if (name === "action" && !within(value)) told("leads elsewhere");
      if (name === "formaction" && !["/preview", "/lint"].includes(value)) told("leads elsewhere");
      if (name === "data-url" && !(within(value) && value.startsWith("/tasks/"))) told("leads elsewhere");
      if (name === "href" && !isHTML(node) && tag !== "a" && !/^#i-[\w-]*$/.test(value)) told("leads elsewhere");
      if (name === "href" && tag === "a") link(node, value, told, say);
    }
  }

  function link(node, value, told, say) {
    let url;
    try {
      url = new URL(value, base);
    } catch {
      return told("is no address");
    }
    if (isFile && value.startsWith("#")) return;
    if (url.protocol !== "http:" && url.protocol !== "https:") return told(url.protocol);
    if (url.origin === base.origin) return;
    const rel = (node.getAttribute("rel") ?? "").split(" ");
    if (!rel.includes("noopener") || !rel.includes("noreferrer") || node.hasAttribute("target")) say("rel lacks noopener noreferrer");
  }

  function walk(root) {
    for (const node of root.querySelectorAll("*")) {
      element(node);
      if (node.localName === "template" && node.content) walk(node.content);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  }

  walk(doc);
  if (Object.keys(Object.prototype).length > 0) found.push("prototype: Object.prototype was written to");
  return [...new Set(found)];
}
