// Weights from files that torch.save wrote (a zip archive since PyTorch 1.6): of a state, or of a whole checkpoint as
// the published trainers keep it. Read as data, see model/pickle.h: no code of the file runs.
#pragma once
#include "model/safetensors.h"

namespace cairn {

// Whether the file begins as such an archive does.
bool is_torch_file(std::span<const std::byte> bytes);

// The averaged weights of a checkpoint ("ema") where there are some, else its "model" or "state_dict", else the file as
// a state. Names as state_dict() gives them; parameters of another type than the network's are converted by who takes
// them. Tensors may share storage. DataLoss for anything damaged or out of bounds, PermissionDenied for a global that
// files of weights do not have, InvalidArgument when there are no weights.
TensorFile decode_torch_file(std::span<const std::byte> bytes, const std::string& source);

// A safetensors file or one of torch.save, whichever it is.
TensorFile read_weight_file(FileSystem& files, const std::filesystem::path& path);

}  // namespace cairn
