using Microsoft.ML.OnnxRuntime;
using OnnxPolicy;

// A policy exported with: bellman export RUN --output cartpole.onnx
var path = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "cartpole.onnx");
using var session = new InferenceSession(path);
using var options = new RunOptions();
Console.WriteLine($"{session.ModelMetadata.CustomMetadataMap["algorithm"]} for {session.ModelMetadata.CustomMetadataMap["environment"]}");

const int episodes = 10, longest = 500;
var balanced = 0;
for (var episode = 0; episode < episodes; episode++)
{
    var cart = new Cart(new Random(episode));
    for (var step = 0; step < longest && !cart.HasFallen; step++, balanced++)
    {
        if (episode == 0 && step % 50 == 0) { Console.WriteLine(cart); }
        using var observation = OrtValue.CreateTensorValueFromMemory(cart.Observation, [1, 4]);
        using var outputs = session.Run(options, new Dictionary<string, OrtValue> { ["observation"] = observation }, ["action"]);
        cart.Push(right: outputs[0].GetTensorDataAsSpan<float>()[0] == 1);
    }
}
Console.WriteLine($"balanced {(double)balanced / episodes:0.0} of {longest} steps");
