// Threads that give way to the training.
#pragma once

namespace cairn {

// The calling thread, and those that it starts from then on, get about a tenth of a core that others want too. A system
// that does not allow it is no error.
void lower_priority();

}  // namespace cairn
