// The page's own words, in the two languages of its users. GraphiQL's own words stay English.

const texts = {
  en: {
    examples: "Examples",
    signIn: "Sign in",
    signOut: "Sign out",
    signedInAs: "Signed in as",
    notSignedIn: "Not signed in",
    withPassword: "Email and password",
    withToken: "API token",
    team: "Team",
    email: "Email",
    password: "Password",
    token: "API token",
    tokenHelp: "Kept in this browser tab only, and sent as “Authorization: Bearer …”.",
    useToken: "Use this token",
    apiToken: "API token",
    demoAccounts: "Demo accounts",
    close: "Close",
    skip: "Continue without signing in",
    working: "One moment…",
    language: "中文",
    languageLabel: "切換為中文",
    live: "Live",
    liveEvents: "Live events",
    cursor: "Cursor",
    copyCursor: "Copy the last cursor",
    copied: "Copied",
    clear: "Clear",
    stop: "Stop",
    received: "received",
    waiting: "Waiting for the first event…",
    closed: "Idle",
    connecting: "Connecting…",
    open: "Connected",
    retrying: "Reconnecting…",
    ended: "Ended",
    closedWith: "Closed with code",
    sessionOver: "Your session has ended. Sign in again.",
    otherTab: "This session is open in another tab. Sign in again to work here.",
    unreachable: "The server did not answer. Try again.",
    unexpected: "The server gave an answer that this page does not understand.",
    failed: "This page could not start:",
  },
  "zh-Hant": {
    examples: "範例",
    signIn: "登入",
    signOut: "登出",
    signedInAs: "登入身分",
    notSignedIn: "尚未登入",
    withPassword: "電子郵件與密碼",
    withToken: "API 權杖",
    team: "團隊",
    email: "電子郵件",
    password: "密碼",
    token: "API 權杖",
    tokenHelp: "只保存在這個瀏覽器分頁，並以「Authorization: Bearer …」送出。",
    useToken: "使用這個權杖",
    apiToken: "API 權杖",
    demoAccounts: "示範帳號",
    close: "關閉",
    skip: "先不登入",
    working: "請稍候…",
    language: "English",
    languageLabel: "Switch to English",
    live: "即時",
    liveEvents: "即時事件",
    cursor: "游標",
    copyCursor: "複製最後的游標",
    copied: "已複製",
    clear: "清除",
    stop: "停止",
    received: "筆事件",
    waiting: "等待第一個事件…",
    closed: "待命",
    connecting: "連線中…",
    open: "已連線",
    retrying: "重新連線中…",
    ended: "已結束",
    closedWith: "連線關閉，代碼",
    sessionOver: "登入已失效，請重新登入。",
    otherTab: "這個登入正在另一個分頁使用，請在此重新登入。",
    unreachable: "伺服器沒有回應，請再試一次。",
    unexpected: "伺服器的回應無法理解。",
    failed: "頁面無法啟動：",
  },
};

const storageKey = "switchyard:language";

/** The language to begin with: the one chosen here before, else the browser's. */
export function firstLanguage() {
  const chosen = localStorage.getItem(storageKey);
  if (chosen in texts) return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-Hant" : "en";
}

/** Remembers the language and tells the document, so that screen readers pronounce it rightly. */
export function rememberLanguage(language) {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = language;
}

/** The words of a language. */
export function textOf(language) {
  return texts[language];
}
