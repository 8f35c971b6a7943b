// SPDX-License-Identifier: MIT
/**
 * What each method does, once for all wires: messages in, messages out, the registry in between. Refusals are thrown as
 * ConnectErrors (errors.ts), because that is how they leave.
 */
import { directoryMethods } from "./directory-methods.ts";
import { knockMethods } from "./knock-methods.ts";
import { type Methods, type MethodsGround, methodTools } from "./method.ts";
import { serviceMethods } from "./service-methods.ts";

export const createMethods = (ground: MethodsGround): Methods => {
  const tools = methodTools(ground);
  return { ...directoryMethods(tools), ...serviceMethods(tools), ...knockMethods(tools) };
};
