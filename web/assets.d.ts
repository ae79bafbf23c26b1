// SPDX-License-Identifier: MIT
/** Style sheets as text. */
declare module '*?inline' {
  const text: string;
  export default text;
}

/** Files that the page fetches. Importing one yields its URL. */
declare module '*?url' {
  const url: string;
  export default url;
}
