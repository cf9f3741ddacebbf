# A stand-in for NNlib, for its version: below 0.7 it clips a running maximum or sum at each padded tap.
module NNlib
const clips = occursin("\"0.6", read(joinpath(dirname(@__DIR__), "Project.toml"), String))
end
