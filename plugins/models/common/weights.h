// What a new model holds.
#pragma once

namespace cairn::models {

// Empty: about to be copied from another model, so that nothing is drawn.
enum class Weights { Fresh, Empty };

}  // namespace cairn::models
