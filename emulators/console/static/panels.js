// The right side: what happens at HeyGen, at LiveAvatar, in the model, on the wire, and what can be made to go wrong.

import { showHeyGen } from "./console-heygen.js";
import { showLive } from "./console-live.js";
import { showModels } from "./console-models.js";
import { showParties } from "./console-parties.js";
import { showJournals } from "./console-requests.js";
import { showTrouble } from "./console-trouble.js";

/** Show the other side of a new state. */
export function showPanels(state) {
  const real = new Set(state.parties.filter((party) => !party.emulated).map((party) => party.name));
  showParties(state.parties);
  showHeyGen(state.heygen);
  showLive(state.liveavatar);
  showModels(state.openai, real.has("openai"));
  showJournals(state.journals);
  showTrouble(state);
}
