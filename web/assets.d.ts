// SPDX-License-Identifier: MIT
/** Files that the page fetches: importing one gives its address. */
declare module '*?url' {
  const url: string;
  export default url;
}
