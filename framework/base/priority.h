// Threads that give way to the training.
#pragma once

namespace cairn {

// The calling thread, and those that it starts from then on, run when nothing else wants the core. A system that does
// not allow it is no error.
void lower_priority();

}  // namespace cairn
