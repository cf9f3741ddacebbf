# Knet: the worker in Julia. Speaks the protocol that harness/worker/loop.py describes; needs no package but Knet.
#
# Arrays travel as .npy. Their axes keep their order, so numpy's x[i, j, c, n] is x[i+1, j+1, c+1, n+1] here; what comes
# in C order is permuted once, what goes out is marked as being in Fortran order.

module Worker

# --- JSON ------------------------------------------------------------------------------------------------------------

struct Malformed <: Exception
    message::String
end
Base.showerror(io::IO, error::Malformed) = print(io, error.message)

mutable struct Text
    characters::Vector{Char}
    at::Int
end

"""The value of a JSON text: Dict, Vector, String, Int, Float64, Bool or nothing."""
function parse_json(line::AbstractString)
    text = Text(collect(line), 1)
    value = parse_value(text)
    skip_blanks(text)
    text.at > length(text.characters) || throw(Malformed("something follows the JSON value"))
    return value
end

current(text::Text) =
    text.at <= length(text.characters) ? text.characters[text.at] : throw(Malformed("the JSON text ends too early"))

function skip_blanks(text::Text)
    while text.at <= length(text.characters) && isspace(text.characters[text.at])
        text.at += 1
    end
end

function expect(text::Text, word::String)
    for character in word
        current(text) == character || throw(Malformed("expected $word at character $(text.at)"))
        text.at += 1
    end
end

function parse_value(text::Text)
    skip_blanks(text)
    first = current(text)
    first == '{' && return parse_object(text)
    first == '[' && return parse_list(text)
    first == '"' && return parse_string(text)
    for (word, value) in ("true" => true, "false" => false, "null" => nothing)
        first == word[1] && (expect(text, word); return value)
    end
    return parse_number(text)
end

function parse_object(text::Text)
    object = Dict{String,Any}()
    for_each_item(text, '{', '}') do
        skip_blanks(text)
        key = parse_string(text)
        skip_blanks(text)
        expect(text, ":")
        object[key] = parse_value(text)
    end
    return object
end

function parse_list(text::Text)
    list = Any[]
    for_each_item(() -> push!(list, parse_value(text)), text, '[', ']')
    return list
end

function for_each_item(take::Function, text::Text, opening::Char, closing::Char)
    expect(text, string(opening))
    skip_blanks(text)
    if current(text) == closing
        text.at += 1
        return
    end
    while true
        take()
        skip_blanks(text)
        if current(text) == closing
            text.at += 1
            return
        end
        expect(text, ",")
    end
end

const ESCAPED = Dict('n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f')

function parse_string(text::Text)
    expect(text, "\"")
    out = IOBuffer()
    while (character = current(text)) != '"'
        text.at += 1
        if character == '\\'
            letter = current(text)
            text.at += 1
            character = letter == 'u' ? parse_escape(text) : get(ESCAPED, letter, letter)
        end
        print(out, character)
    end
    text.at += 1
    return String(take!(out))
end

function parse_escape(text::Text)
    code = parse_code(text)
    if 0xd800 <= code < 0xdc00
        expect(text, "\\u")
        code = 0x10000 + ((code - 0xd800) << 10) + (parse_code(text) - 0xdc00)
    end
    return Char(code)
end

function parse_code(text::Text)
    text.at + 3 <= length(text.characters) || throw(Malformed("the JSON text ends too early"))
    digits = String(text.characters[text.at:text.at+3])
    text.at += 4
    return parse(UInt32, digits, base = 16)
end

function parse_number(text::Text)
    start = text.at
    while text.at <= length(text.characters) && text.characters[text.at] in "+-.0123456789eE"
        text.at += 1
    end
    written = String(text.characters[start:text.at-1])
    whole = tryparse(Int, written)
    whole === nothing || return whole
    number = tryparse(Float64, written)
    number === nothing && throw(Malformed("expected a JSON value at character $start"))
    return number
end

write_json(value::Nothing) = "null"
write_json(value::Union{Bool,Integer,AbstractFloat}) = string(value)
write_json(value::Union{AbstractVector,Tuple}) = "[" * join(map(write_json, value), ",") * "]"
write_json(value::AbstractDict) =
    "{" * join([write_json(string(key)) * ":" * write_json(each) for (key, each) in value], ",") * "}"
write_json(value::AbstractString) = "\"" * join(map(escaped, collect(value))) * "\""

function escaped(character::Char)
    character in ('"', '\\') && return "\\" * character
    isvalid(character) || return "\\ufffd"
    character < ' ' && return "\\u" * string(UInt16(character), base = 16, pad = 4)
    return string(character)
end

# --- .npy ------------------------------------------------------------------------------------------------------------

const MAGIC = UInt8[0x93, b"NUMPY"...]
const TYPES = Dict(
    "<f2" => Float16, "<f4" => Float32, "<f8" => Float64,
    "|i1" => Int8, "|u1" => UInt8, "<i2" => Int16, "<i4" => Int32, "<i8" => Int64,
)

function read_npy(stream::IO)
    read(stream, 6) == MAGIC || throw(Malformed("expected a .npy blob"))
    version = read(stream, 2)[1]
    count = version == 1 ? Int(ltoh(read(stream, UInt16))) : Int(ltoh(read(stream, UInt32)))
    header = String(read(stream, count))
    found = match(r"'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([^)]*)\)", header)
    found === nothing && throw(Malformed("not a .npy header: $header"))
    haskey(TYPES, found[1]) || throw(Malformed("arrays of $(found[1]) are not taken"))
    shape = Tuple(parse(Int, size) for size in split(found[3], ",") if !isempty(strip(size)))
    data = Vector{TYPES[found[1]]}(undef, prod(shape))
    read!(stream, data)
    found[2] == "True" && return reshape(data, shape)
    return permutedims(reshape(data, reverse(shape)), length(shape):-1:1)
end

function write_npy(stream::IO, array::Array)
    type = first(name for (name, each) in TYPES if each == eltype(array))
    shape = join(string.(size(array)) .* ",", " ")
    header = "{'descr': '$type', 'fortran_order': True, 'shape': ($shape), }"
    header *= " "^mod(-(length(header) + 11), 64) * "\n"
    write(stream, MAGIC, UInt8[1, 0], htol(UInt16(length(header))), header, array)
end

# --- the protocol ----------------------------------------------------------------------------------------------------

function write_message(stream::IO, message::AbstractDict, arrays = ())
    println(stream, write_json(merge(message, Dict("arrays" => length(arrays)))))
    foreach(array -> write_npy(stream, array), arrays)
    flush(stream)
end

"""The next message and its arrays; nothing at the end of the stream."""
function read_message(stream::IO)
    eof(stream) && return nothing
    message = parse_json(readline(stream))
    return message, [read_npy(stream) for _ in 1:message["arrays"]]
end

"""The real standard streams, out of the reach of whatever prints or reads: 1 then is standard error, 0 is empty."""
function own_streams()
    requests, replies = (Base.fdio(ccall(:dup, Cint, (Cint,), each), true) for each in (0, 1))
    nothing_to_read = open("/dev/null")
    ccall(:dup2, Cint, (Cint, Cint), fd(nothing_to_read), 0)
    ccall(:dup2, Cint, (Cint, Cint), 2, 1)
    redirect_stdout(stderr) # Julia itself prints to a copy of 1
    return requests, replies
end

"""Asks Linux to end this process when its parent is killed; elsewhere the end of the stream does it."""
end_with_parent() = Sys.islinux() && ccall(:prctl, Cint, (Cint, Culong, Culong, Culong, Culong), 1, 9, 0, 0, 0)

function serve(requests::IO, replies::IO, knet::Module)
    entries = entry_points(knet)
    declarations = [declaration for (declaration, _) in entries]
    hello = Dict("hello" => 1, "backend" => "knet", "version" => version_of(knet), "entry_points" => declarations)
    hello["environment"] = Dict("julia" => string(VERSION))
    write_message(replies, hello)
    functions = Dict(declaration["name"] => call for (declaration, call) in entries)
    while (message = read_message(requests)) !== nothing
        arrays = message[2]
        for call in message[1]["calls"]
            own = splice!(arrays, 1:call["arrays"])
            answer(replies, functions[call["entry"]], own, call["settings"])
        end
    end
end

function answer(replies::IO, call::Function, arrays, settings)
    result, seconds = nothing, 0.0
    try
        seconds = @elapsed result = Array(call(arrays[1], arrays[2], settings))
    catch error
        message = first(sprint(showerror, error), 4000)
        return write_message(replies, Dict("raised" => string(typeof(error)), "message" => message))
    end
    write_message(replies, Dict("answered" => seconds, "warnings" => []), (result,))
end

# --- the entry points ------------------------------------------------------------------------------------------------

"""(declaration, function of x, w and the settings) of each entry point."""
entry_points(knet::Module) =
    [(declare(mode), call) for declare in (conv4, deconv4) for mode in (0, 1) for call in (caller(knet, declare, mode),)]

conv4(mode::Int) = merge(common("conv4", mode), Dict(
    "kernel" => "*IO",
    "reversal" => mode == 0,
    "explicit" => "uneven",
    "stride" => true,
    "dilation" => true,
))

deconv4(mode::Int) = merge(common("deconv4", mode), Dict(
    "kernel" => "*OI",
    "reversal" => mode == 1,
    "words" => Dict("full" => [nothing, "full"]),
    "dilation" => true,
    "note" => "the gradient of conv4; with stride 1 that is a convolution with full padding less its `padding`",
))

common(name::String, mode::Int) = Dict{String,Any}(
    "name" => "Knet.$name(mode=$mode)",
    "ranks" => [1, 2, 3],
    "docs" => "https://denizyuret.github.io/Knet.jl/latest/reference/#Knet.Ops20.$name",
    "input" => "*CN",
    "output" => "*CN",
    "words" => Dict(),
    "boundaries" => Dict("zero" => "zero"),
    "dtypes" => ["float32", "float64"],
)

function caller(knet::Module, declare::Function, mode::Int)
    called = getfield(knet, nameof(declare))
    return (x, w, settings) -> called(w, x; mode = mode, keywords(settings)...)
end

"""Knet's keywords for the settings that are not its defaults, as one would write them."""
function keywords(settings::AbstractDict)
    words = Dict{Symbol,Any}()
    for name in ("stride", "dilation")
        all(isequal(1), settings[name]) || (words[Symbol(name)] = Tuple(Int.(settings[name])))
    end
    pairs = something(settings["padding"], [])
    if all(pair[1] == pair[2] for pair in pairs)
        all(pair[1] == 0 for pair in pairs) || (words[:padding] = Tuple(Int(pair[1]) for pair in pairs))
    else
        words[:padding] = Tuple(Int(side) for pair in pairs for side in pair)
    end
    return words
end

"""The version in the Project.toml of a package."""
function version_of(package::Module)
    project = joinpath(dirname(dirname(something(pathof(package), ""))), "Project.toml")
    found = isfile(project) ? match(r"^version\s*=\s*\"([^\"]*)\""m, read(project, String)) : nothing
    return found === nothing ? "unknown" : found[1]
end

end # module

const requests, replies = Worker.own_streams()
Worker.end_with_parent()
try
    @eval Main import Knet
catch error
    message = rstrip(first(split(sprint(showerror, error), "\n")), ':')
    reason = "Knet cannot be loaded by version $VERSION ($message); run: julia -e 'import Pkg; Pkg.add(\"Knet\")'"
    Worker.write_message(replies, Dict("hello" => 1, "unavailable" => reason))
    exit()
end
Worker.serve(requests, replies, Knet)
