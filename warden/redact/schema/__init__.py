class Schema:
    def declared(self, request, actions):
        return None
