// libcairn.so: the static libraries of all stages, gathered by the build.
