# The entry points of Knet, each with what was measured of it in the version that is here, and their keywords.

"""
An entry point: its declaration, and how it is called. Of arrays by role and settings, `prepared` makes the function of
Knet, its arguments and its keywords.
"""
struct Entry
    declaration::Object
    prepared::Function
end

"""
The entry points that this version has, and why others are left out, by name; what is declared of each was measured. One
that fails costs none of the others.
"""
function entry_points(knet::Module)
    entries, left_out = Entry[], Object()
    made = Any[("conv4", conv4, (0, 1)), ("deconv4", deconv4, (0, 1)), ("unpool", unpool, ((),)), ("pool", pool, 0:3)]
    for (func, declared, modes) in made, mode in modes
        named = "Knet.$func$(mode === () ? "" : "(mode=$mode)")"
        empty!(thrown)
        try
            entry = declared(getproperty(knet, Symbol(func)), mode...)
            isempty(entry.declaration["ranks"]) ? left_out[named] = unexpected() : push!(entries, entry)
        catch error # not defined, or of another kind than this file knows
            left_out[named] = first(sprint(showerror, error), 400)
        end
    end
    return entries, left_out
end

"""What the plain calls came to of which none was answered as expected."""
unexpected() = "answers no plain call as expected$(isempty(thrown) ? "" : "; it raised $(thrown[1])")"

declaration(func, variant, dtypes; rest...) = Object(
    "name" => "Knet.$func$variant",
    "docs" => "https://denizyuret.github.io/Knet.jl/latest/reference/#Knet.Ops20.$func",
    "dtypes" => map(name, dtypes),
    (string(key) => value for (key, value) in rest)...,
)

"""
The declaration with what other versions take, where this one takes less: every rank, these dtypes, and these words. Of
a case that needs those, nothing is then demanded of this version.
"""
function among_versions(told::Object, dtypes::Vector{DataType}; takes...)
    others = Object(string(key) => value for (key, value) in takes)
    more = Object("ranks" => [1, 2, 3], "dtypes" => map(name, dtypes), "takes" => merge(told["takes"], others))
    whole = merge(told, more)
    return whole == told ? told : merge(told, Object("elsewhere" => whole))
end

const FLOATS = [Float16, Float32, Float64]
const NUMBERS = [FLOATS..., Int8, UInt8, Int16, Int32, Int64]

"""NNlib computes with any numbers, where need be by plain loops; Knet below 1.3 with the two of its conv.cpp."""
floats() = isempty(versions_below()) ? [Float32, Float64] : FLOATS
numbers() = isempty(versions_below()) ? floats() : NUMBERS
name(type::DataType) = lowercase(string(type))

function conv4(@nospecialize(called), mode)
    takes = Object(
        "words" => Object(),
        "explicit" => gives(called, [10, 21, 32], Object("padding" => (1, 0, 0, 0))) ? "uneven" : "even",
        "stride" => gives(called, [21], Object("stride" => (2, 1))),
        "dilation" => gives(called, [31], Object("dilation" => (2, 1))),
        "reversal" => mode == 0,
    )
    ranks = filter(rank -> gives(called, [5, 8], Object(), 2, rank), [1, 2, 3])
    layouts = Object("input" => "*CN", "kernel" => "*IO", "output" => "*CN")
    larger = tried(called, Any[along([1.0, 10, 100, 1000], 2), along([1.0, 2, 3], 2)], Object("stride" => (2, 1)))
    told = declaration(
        "conv4", "(mode=$mode)", numbers(); ranks = ranks, layouts = layouts, takes = takes, note = overhang(larger)
    )
    whole = among_versions(told, NUMBERS; explicit = "uneven", stride = true, dilation = true)
    return Entry(whole, moved(called, mode))
end

const TRANSPOSED = Object("input" => "*CN", "kernel" => "*OI", "output" => "*CN")

function deconv4(@nospecialize(called), mode)
    pads = gives(called, [12, 23, 30], Object("padding" => (1, 0, 0, 0)))
    steps = Object("stride" => (2, 1), "dilation" => (2, 1))
    takes = Object(
        "words" => Object(),
        "explicit" => pads ? "uneven" : gives(called, [12, 23], Object("padding" => (1, 0))) ? "even" : "no",
        "stride" => gives(called, [1, 10, 2, 20, 3, 30], Object("stride" => (2, 1))),
        "dilation" => gives(called, [1, 2, 13, 20, 30], Object("dilation" => (2, 1))),
        "together" => gives(called, [1, 0, 12, 0, 23, 0, 30], steps),
        "reversal" => mode == 0,
    )
    wrong = map(name, exchanges(called, Int64) ? filter(T -> exchanges(called, T), numbers()) : DataType[])
    told = declaration(
        "deconv4",
        "(mode=$mode)",
        numbers();
        ranks = filter(rank -> gives(called, [1, 4, 7, 6], Object(), 2, rank), [1, 2, 3]),
        layouts = TRANSPOSED,
        takes = takes,
        operation = "transposed_convolution",
        note = "the gradient of conv4 by its input",
        refused = Object(dtype => [[3, dtype]] for dtype in wrong),
        wrong = wrong,
    )
    more = (explicit = pads ? "uneven" : "even", stride = true, dilation = true, together = true)
    return Entry(among_versions(told, NUMBERS; more...), moved(called, mode))
end

"""
Whether two outputs of one image become two images of one output: NNlib 0.6 has it so in 3-D, of all numbers that its
plain loops compute with. They are those of every whole number, so one is asked first.
"""
exchanges(@nospecialize(called), T::DataType) =
    size(tried(called, Any[ones(T, 1, 1, 1, 2, 1), ones(T, 1, 1, 1, 1, 1)], Object("mode" => 1))) == (1, 1, 1, 1, 2)

moved(@nospecialize(called), mode) = (roles, settings) ->
    (called, Any[roles["kernel"], roles["input"]], merge(keywords(settings), Dict{Symbol,Any}(:mode => mode)))

"""Adds each number to its whole window, which is told by the size of a kernel of ones."""
function unpool(@nospecialize(called))
    cut(padding) = spreads(called, Object("padding" => padding))
    takes = Object(
        "words" => Object(),
        "explicit" => cut((1, 0, 0, 0)) == [1, 2, 2, 3, 3] ? "uneven" : cut((1, 0)) == [1, 2, 2, 3] ? "even" : "no",
        "stride" => spreads(called, Object("stride" => (1, 1))) == [1, 3, 5, 3],
        "dilation" => false,
        "groups" => "depthwise",
    )
    told = declaration(
        "unpool",
        "",
        floats();
        ranks = filter(rank -> spreads(called, Object(), rank) == [1, 1, 2, 2, 3, 3], [1, 2, 3]),
        layouts = TRANSPOSED,
        takes = takes,
        operation = "transposed_convolution",
        note = "adds each number to its whole window: the kernel, which it is not told, is ones, one for each channel",
    )
    least = takes["explicit"] == "no" ? "even" : takes["explicit"]
    whole = among_versions(told, FLOATS; explicit = least, stride = true)
    return Entry(whole, (roles, settings) -> spread(called, roles["input"], roles["kernel"], settings))
end

function spread(@nospecialize(called), x::Array, w::Array, settings)
    rank = ndims(x) - 2
    if !all(isone, w) || size(w, rank + 1) != 1 || settings["groups"] != size(x, rank + 1)
        throw(Declined("adds each number to its window: only a kernel of ones, one for each channel, says that"))
    end
    return called, Any[x], pooling_keywords(collect(size(w)[1:rank]), settings)
end

const MEANS = (1, 2)

"""What is to be known of a mode: 2 is documented as a mean without the padding."""
note(mode, pads) =
    mode == 3 ? "the same as mode 0" :
    mode != 2 ? "" :
    pads ? "documented as a mean without the padding; without a GPU it is mode 1" :
    "documented as a mean without the padding; without a GPU it takes no padding at all"

function pool(@nospecialize(called), mode)
    mean = mode in MEANS
    divided = mean ? ["divisor" => divisor(called, mode)] : []
    pads = !isempty(pools(called, mode, Object("padding" => (1, 0))))
    demands = Object("reduce" => mean ? "average" : "max", "dilation" => 1, (pads ? [] : ["padding" => 0])...)
    takes = Object(
        "demands" => demands,
        "keeps" => Object("rounding" => "floor", divided..., filling(called, mode)...),
        "words" => Object(),
        "free" => ["window", "stride", (pads ? ["padding"] : [])...],
        "limits" => isempty(pools(called, mode, Object("padding" => (1, 0, 0, 0)))) ? ["even"] : [],
    )
    larger = tried(called, Any[along([2.0, 2, 6], 2)], Object("window" => (4, 1), "stride" => (2, 1), "mode" => mode))
    told = declaration(
        "pool",
        "(mode=$mode)",
        mean ? floats() : numbers();
        ranks = filter(rank -> 2 in pools(called, mode; rank = rank), [1, 2, 3]),
        layouts = Object("input" => "*CN", "output" => "*CN"),
        takes = takes,
        operation = "pooling",
        note = join(filter(!isempty, [note(mode, pads), overhang(larger)]), "; "),
    )
    function prepared(roles, settings)
        words = pooling_keywords(settings["window"], settings)
        return called, Any[roles["input"]], merge(words, Dict{Symbol,Any}(:mode => mode))
    end
    demanded = filter(pair -> pair.first != "padding", demands)
    more = (demands = demanded, free = ["window", "stride", "padding"], limits = [])
    return Entry(among_versions(told, mean ? FLOATS : NUMBERS; more...), prepared)
end

"""By what a mean of one number and one of padding is divided; below 1.3, mode 2 pads nothing."""
function divisor(@nospecialize(called), mode)
    found = pools(called, mode, Object("padding" => (1, 0)))
    return isempty(found) || found[1] == 1 ? "window" : "valid"
end

"""What padding counts for, where it is not left out: at it a maximum below 0 becomes 0, or a sum that was begun."""
function filling(@nospecialize(called), mode)
    found = pools(called, mode, Object("padding" => (1, 0)); sign = -1)
    clipped = !isempty(found) && found[end] == 0
    clipped || return Pair{String,String}[]
    return ["fill" => mode in MEANS ? "a sum that becomes 0 at padded taps if it is below, first axis fastest" : "zero"]
end

"""What is said of a version that gives `values` of a window larger than the input: it rounds their number towards 0."""
overhang(values::AbstractArray) =
    isempty(values) ? "" : "gives one output, too, where a window is larger than the input by less than a stride"

# --- what is measured of them ----------------------------------------------------------------------------------------

"""Whether [1, 2, 3] and the kernel [1, tap], both along the first axis, give `expected` in mode 1 with these words."""
function gives(@nospecialize(called), expected::Vector{Int}, words::Object, tap::Int = 10, rank::Int = 2)
    w, x = along([1.0, tap], rank), along([1.0, 2.0, 3.0], rank)
    return vec(tried(called, Any[w, x], merge(words, Object("mode" => 1)))) == expected
end

"""What [1, 2, 3] along the first axis become when each is spread over a window of 2."""
function spreads(@nospecialize(called), words::Object, rank::Int = 2)
    window = first_axis(2, rank)
    whole = merge(Object("window" => window, "stride" => window), words)
    return vec(tried(called, Any[along([1.0, 2.0, 3.0], rank)], whole))
end

"""What windows of 2 one apart make of [2, 2, 6] times a sign; nothing where this version does not pool so."""
function pools(@nospecialize(called), mode, words::Object = Object(); sign = 1, rank = 2)
    whole = merge(Object("window" => first_axis(2, rank), "stride" => 1, "mode" => mode), words)
    return vec(tried(called, Any[along(sign * [2.0, 2.0, 6.0], rank)], whole))
end

const thrown = String[] # by the calls that measure one entry point

along(values::Vector{Float64}, rank::Int) = reshape(values, length(values), ones(Int, rank + 1)...)
first_axis(size::Int, rank::Int) = (size, ones(Int, rank - 1)...)
named(words::Object) = Dict{Symbol,Any}(Symbol(name) => value for (name, value) in words)

"""What a call gives; an empty array where it throws. One method for all calls, which each compiles enough itself."""
function tried(@nospecialize(called), arguments::Vector{Any}, words::Object)
    try
        result = called(arguments...; named(words)...)
        return result isa AbstractArray ? result : throw(TypeError(:Knet, "a call", AbstractArray, result))
    catch error # that it throws is the finding
        push!(thrown, first(sprint(showerror, error), 400))
        return Float64[]
    end
end

# --- keywords --------------------------------------------------------------------------------------------------------

"""Knet's keywords for the settings that are not its defaults, as one would write them."""
function keywords(settings::AbstractDict)
    words = Dict{Symbol,Any}()
    for name in ("stride", "dilation")
        all(isequal(1), settings[name]) || (words[Symbol(name)] = Tuple(Int.(settings[name])))
    end
    return merge(words, padded(settings))
end

"""The same of those that pool, whose window is 2 and whose stride is the window unless others are given."""
function pooling_keywords(window, settings::AbstractDict)
    words = Dict{Symbol,Any}()
    all(isequal(2), window) || (words[:window] = Tuple(Int.(window)))
    all(window .== settings["stride"]) || (words[:stride] = Tuple(Int.(settings["stride"])))
    return merge(words, padded(settings))
end

function padded(settings::AbstractDict)
    words = Dict{Symbol,Any}()
    pairs = something(get(settings, "padding", nothing), [])
    if all(pair[1] == pair[2] for pair in pairs)
        all(pair[1] == 0 for pair in pairs) || (words[:padding] = Tuple(Int(pair[1]) for pair in pairs))
    else
        words[:padding] = Tuple(Int(side) for pair in pairs for side in pair)
    end
    return words
end
