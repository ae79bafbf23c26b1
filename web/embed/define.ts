// SPDX-License-Identifier: MIT
/** `segfit/view/define`: importing it makes `<segfit-view>` known to the page. */
import { defineView } from './attach.ts';

defineView();

export * from './index.ts';
