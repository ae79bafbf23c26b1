// SPDX-License-Identifier: MIT
/** `segfit/view/define`: importing it defines `<segfit-view>`. */
import { defineView } from './attach.ts';

defineView();

export * from './index.ts';
